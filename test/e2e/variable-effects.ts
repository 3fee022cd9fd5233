// What each of these variables brings about on a host that has all else already, as check tells it.

import type { Vars } from '../../src/values/vars.ts';

export interface Effect {
  readonly variables: Vars;
  /** The tasks and handlers that change something: these and no others, in their order. */
  readonly changed: readonly string[];
  /** What stands in the difference that is shown, where it holds no secret. */
  readonly shows?: readonly string[];
}

const nginx = 'Serve everything over https';
const port80 = 'Answer on port 80, ACME challenges, else a redirect to https';
const coturn = ['Configure the TURN server', 'Restart the TURN server'];
const announced = ['Configure Synapse'];

/** Of a homeserver with a TURN server, a web client and an admin panel under `serverName`. */
export const effectsOf = (serverName: string): readonly Effect[] => [
  { variables: { matrix_admin_panel_name: serverName }, changed: [nginx] },
  { variables: { matrix_alias_names: [`www.${serverName}`] }, changed: [port80, nginx] },
  { variables: { matrix_client_config: { themeManifests: [] } }, changed: ['Install the web client'] },
  { variables: { matrix_hsts: false }, changed: [nginx], shows: ['add_header Strict-Transport-Security'] },
  { variables: { matrix_turn_name: `turn.${serverName}` }, changed: [...announced, port80, nginx], shows: [`turn:turn.${serverName}:3478`] },
  { variables: { matrix_turn_port: 3500, matrix_turn_tls_port: 5400 }, changed: [...announced, ...coturn] },
  {
    variables: {
      matrix_turn_realm: 'other.test',
      matrix_turn_min_port: 50_000,
      matrix_turn_max_port: 60_000,
      matrix_turn_external_ip: '198.51.100.7/10.0.0.7',
      matrix_turn_denied_peers: ['198.51.100.9'],
      matrix_turn_user_quota: 8,
      matrix_turn_total_quota: 800,
    },
    changed: coturn,
  },
  {
    variables: { matrix_turn_uris: ['turn:relay.test'], matrix_turn_user_lifetime: '2h', matrix_turn_allow_guests: true },
    changed: announced,
    shows: ['turn:relay.test', 'turn_user_lifetime', '2h', 'turn_allow_guests: true'],
  },
];

/** The services of group calls, all of their variables at once on a host without them. */
export const groupCalls: Effect = {
  variables: {
    matrix_rtc: true,
    matrix_rtc_secret: 'of-the-test-0123456789-0123456789',
    matrix_rtc_name: 'rtc.calls.lab.test',
    matrix_rtc_homeservers: ['far.test'],
    matrix_rtc_livekit_image: 'docker.io/livekit/livekit-server:v1.0.0',
    matrix_rtc_jwt_image: 'ghcr.io/element-hq/lk-jwt-service:0.0.1',
    matrix_rtc_livekit_container: 'media',
    matrix_rtc_jwt_container: 'doorkeeper',
    matrix_rtc_livekit_port: 7990,
    matrix_rtc_jwt_port: 7999,
    matrix_rtc_tcp_port: 7991,
    matrix_rtc_udp_port: 7992,
    matrix_rtc_external_ip: '198.51.100.7',
    matrix_rtc_folder: '/etc/group-calls',
  },
  changed: [
    'Configure Synapse',
    port80,
    'Tell clients and other servers where the homeserver is',
    nginx,
    'Pull the images',
    'Make the folder of configuration and key',
    'Put the key in place that both services have',
    'Configure LiveKit',
    'Run LiveKit',
    'Run the authorization service',
  ],
  shows: [
    'https://rtc.calls.lab.test/livekit/jwt',
    'proxy_pass http://127.0.0.1:7990',
    'proxy_pass http://127.0.0.1:7999',
    'port: 7990',
    'tcp_port: 7991',
    'udp_port: 7992',
    'node_ip: 198.51.100.7',
    'http://127.0.0.1:7999/sfu_webhook',
    '/etc/group-calls/livekit.yaml',
  ],
};
