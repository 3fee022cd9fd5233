import { createConnect } from '../../src/remote/connect.ts';
import type { ConnectionSettings } from '../../src/remote/session.ts';

// Connects by the settings that are the argument, says so, and waits to be killed.
const connection = await createConnect()(JSON.parse(process.argv[2] ?? '') as ConnectionSettings);
await (await connection.session()).run([{ script: 'true' }]);
console.log('connected');
setInterval(() => undefined, 1000);
