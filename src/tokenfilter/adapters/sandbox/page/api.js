// Calls to the sandbox server. Every failure becomes an Error whose message can be shown.

const at = (path) => new URL(path, document.baseURI);

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(at(path), options);
  } catch {
    throw new Error('The sandbox does not answer. Is it still running?');
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const failure = new Error(body.error || body.description || `The sandbox answered ${answer.status}.`);
  failure.status = answer.status;
  throw failure;
}

const post = (path, body = {}) =>
  ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

export const streamAddress = () => at('api/stream');
export const fileAddress = (fileId) => at(`api/file/${encodeURIComponent(fileId)}`).href;

export const state = () => ask('api/state');
export const messages = (chatId, { before, limit = 50 } = {}) =>
  ask(`api/chats/${chatId}/messages?limit=${limit}${before ? `&before=${before}` : ''}`).then((body) => body.messages);
export const addPerson = (person) => post('api/people', person);
export const say = (personId, message) => post(`api/people/${personId}/messages`, message);
export const press = (personId, button) => post(`api/people/${personId}/press`, button);
export const pay = (personId, message) => post(`api/people/${personId}/pay`, message);
export const setBlocked = (personId, blocked) => post(`api/people/${personId}/${blocked ? 'block' : 'unblock'}`);

export const stage = () => ask('stage');
export const stageBreak = (what) => post('stage/break', { what }).then((body) => body.said);
export const stageTally = () => ask('stage/tally');
export const stagePress = (id, personId) => post(`stage/${encodeURIComponent(id)}`, { person_id: personId });
export const stageVerdicts = (personId, token, after) =>
  ask(`stage/verdicts?${new URLSearchParams({ person_id: personId, ...(token ? { token } : {}), after })}`).then((body) => body.rows);
