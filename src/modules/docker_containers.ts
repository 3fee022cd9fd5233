import * as z from 'zod';
import { containers } from '../questions/containers.ts';
import { ask } from '../questions/question.ts';
import { defineModule } from './module.ts';
import { found } from './support/docker.ts';

export default defineModule({
  summary: 'Look which containers the Docker engine of the host has: `containers`, each with name, running, ports and volumes.',
  params: z.strictObject({}),
  examples: [
    { description: 'All of them, those that are stopped too', task: 'docker_containers: {}\nregister: there' },
    {
      description: 'Look as whoever may use Docker',
      task: 'docker_containers: {}\nbecome: true\nregister: there',
    },
  ],
  ask: () => ask({ containers: containers() }),
  plan: (_params, answers) => {
    found(answers.containers);
    return [];
  },
  result: (_params, answers) => ({
    containers: (found(answers.containers) ?? []).map(({ name, running, ports, volumes }) => ({
      name,
      running,
      ports: [...ports],
      volumes: [...volumes],
    })),
  }),
});
