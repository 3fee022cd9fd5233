// A small admin panel: password login and the list of users, through the homeserver's public and admin APIs. Like the panel that
// it stands in for, it reads config.json beside the page and asks the server for its version before anybody has logged in.

const version = '@@VERSION@@';
const panel = document.querySelector('#panel');

function element(name, properties = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

async function configuration() {
  const answer = await fetch('./config.json');
  return answer.ok ? answer.json() : {};
}

async function call(base, path, token, body) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const options = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${base.replace(/\/+$/, '')}${path}`, options);
  const content = await answer.json().catch(() => ({ error: `the answer (${answer.status}) is not JSON` }));
  if (!answer.ok) throw new Error(content.error ?? `the homeserver answered ${answer.status}`);
  return content;
}

// As in config.json: a string removes the field, an array becomes a list to choose from, nothing asks for the address.
function homeserverField(restricted) {
  if (typeof restricted === 'string' && restricted !== '') return { value: () => restricted, nodes: [] };
  if (Array.isArray(restricted) && restricted.length > 0) {
    const select = element(
      'select',
      { name: 'homeserver' },
      restricted.map((url) => element('option', { textContent: url })),
    );
    return { value: () => select.value, nodes: [element('label', { textContent: 'Homeserver' }, [select])] };
  }
  const input = element('input', { name: 'homeserver', type: 'url', required: true, placeholder: 'https://matrix.example.org' });
  return { value: () => input.value, nodes: [element('label', { textContent: 'Homeserver' }, [input])] };
}

async function describeServer(base, target) {
  const answer = await call(base, '/_synapse/admin/v1/server_version').catch(() => undefined);
  if (answer !== undefined) target.textContent = `Synapse ${answer.server_version}`;
}

function showLogin(restricted) {
  const server = homeserverField(restricted);
  const name = element('input', { name: 'username', autocomplete: 'username', required: true });
  const password = element('input', { name: 'password', type: 'password', autocomplete: 'current-password', required: true });
  const about = element('p', { id: 'server-version' });
  const failure = element('p', { className: 'error', role: 'alert' });
  const form = element('form', {}, [
    ...server.nodes,
    element('label', { textContent: 'User name' }, [name]),
    element('label', { textContent: 'Password' }, [password]),
    element('button', { type: 'submit', textContent: 'Sign in' }),
    about,
    failure,
  ]);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    failure.textContent = '';
    try {
      const identifier = { type: 'm.id.user', user: name.value };
      const body = { type: 'm.login.password', identifier, password: password.value, initial_device_display_name: 'Admin panel' };
      const { access_token: token } = await call(server.value(), '/_matrix/client/v3/login', undefined, body);
      await showUsers(server.value(), token, restricted);
    } catch (error) {
      failure.textContent = error.message;
    }
  });
  panel.replaceChildren(form);
  location.hash = '#/login';
  if (server.value() !== '') void describeServer(server.value(), about);
}

async function showUsers(base, token, restricted) {
  const { users, total } = await call(base, '/_synapse/admin/v2/users?from=0&limit=100&guests=false', token);
  const row = (cell, values) =>
    element(
      'tr',
      {},
      values.map((value) => element(cell, { textContent: value })),
    );
  const table = element('table', { id: 'users' }, [
    row('th', ['User', 'Display name', 'Admin', 'State']),
    ...users.map((user) => row('td', [user.name, user.displayname ?? '', user.admin ? 'yes' : 'no', user.deactivated ? 'deactivated' : 'active'])),
  ]);
  const leave = element('button', { type: 'button', textContent: 'Sign out' });
  leave.addEventListener('click', async () => {
    await call(base, '/_matrix/client/v3/logout', token, {}).catch(() => undefined);
    showLogin(restricted);
  });
  panel.replaceChildren(element('p', { textContent: total === 1 ? '1 user' : `${total} users` }), table, leave);
  location.hash = '#/users';
}

console.info(`stand-in for Ketesa ${version}`);
const { restrictBaseUrl } = await configuration().catch(() => ({}));
showLogin(restrictBaseUrl);
