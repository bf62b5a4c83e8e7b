// Fetches the figures once a second and writes them into the page. Foreign text only ever enters as a text node.

const EVERY_MS = 1000;
const NAME_LENGTH = 32; // characters shown of a token's name
const CALLS = 8; // of the stores' calls, the slowest
const AXIS_MS = [0.1, 1, 10, 100, 1000, 10_000];

const byId = (id) => document.getElementById(id);
const known = (value) => value !== null && value !== undefined && Number.isFinite(Number(value));

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const three = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });

function span(seconds) {
  if (!known(seconds)) return '–';
  if (seconds < 10) return `${three.format(Math.round(seconds * 10) / 10)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

const FORMATS = {
  text: (value) => (value === null || value === undefined || value === '' ? '–' : String(value)),
  count: (value) => (known(value) ? whole.format(value) : '–'),
  rate: (value) => (known(value) ? three.format(value) : '–'),
  percent: (value) => (known(value) ? `${three.format(value)}%` : '–'),
  bytes: (value) => (!known(value) ? '–' : value < 1e9 ? `${whole.format(value / 1e6)} MB` : `${three.format(value / 1e9)} GB`),
  ms: (value) => (!known(value) ? '–' : value < 1000 ? `${three.format(value)} ms` : `${three.format(value / 1000)} s`),
};

const clockOf = (iso) => (iso ? new Date(iso).toISOString().slice(11, 19) : '–');
const momentOf = (iso) => {
  if (!iso) return '–';
  const [day, time] = new Date(iso).toISOString().split('T');
  return `${day} ${time.slice(0, 5)} UTC`;
};

/** The time of day in UTC, with the day unless it is today's. */
const instantOf = (iso) => (!iso ? '–' : iso.slice(0, 10) === today ? clockOf(iso) : `${iso.slice(0, 10)} ${clockOf(iso)}`);
let today = '';

/** Other people's names: no control or direction characters, no piled-up accents, not longer than a name is. */
function clean(name) {
  const plain = String(name ?? '').slice(0, 1000).replace(/\p{C}/gu, '').replace(/(\p{M}{2})\p{M}+/gu, '$1').replace(/\s+/gu, ' ').trim();
  const letters = [...plain];
  return letters.length > NAME_LENGTH ? `${letters.slice(0, NAME_LENGTH - 1).join('')}…` : plain;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const shown = new Map(); // element id -> JSON of the rows it shows
function rows(id, list, build, nothing) {
  const key = JSON.stringify(list);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  const columns = byId(id).closest('table').querySelectorAll('thead th').length;
  byId(id).replaceChildren(...(list.length ? list.map(build) : [el('tr', {}, el('td', { colspan: columns, class: 'nothing' }, nothing))]));
}

function items(id, list, build) {
  const key = JSON.stringify(list);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  byId(id).hidden = !list.length;
  byId(id).replaceChildren(...list.map(build));
}

function stores({ commands, window_s: seconds }) {
  const slowest = [...commands].sort((a, b) => b.p99 - a.p99);
  write(byId('stores-window'), span(seconds));
  rows('stores', slowest.slice(0, CALLS), storeRow, 'No store was asked.');
  byId('stores-more').hidden = slowest.length <= CALLS;
  write(byId('stores-more'), `${slowest.length - CALLS} quicker ones are in the metrics.`);
}

const cell = (text, attributes = {}) => el('td', attributes, text);
const figure = (text, label) => cell(text, { class: 'right', 'data-label': label });

const LIVE = new Set(['live', 'running', 'connected', 'up', 'ok', 'healthy', 'open']);
const QUIET = new Set(['idle', 'ended', 'finished', 'stopped', 'paused', 'starting', 'connecting', 'off']);

function feedRow(feed) {
  const state = String(feed.state ?? '–');
  const tone = LIVE.has(state) ? 'good' : QUIET.has(state) || state === '–' ? 'quiet' : 'bad';
  const last = known(feed.last_event_s) ? `${span(feed.last_event_s)} ago` : '–';
  return el('tr', {}, cell(el('b', {}, clean(feed.name))), cell(el('span', { class: `state ${tone}` }, state)),
    figure(FORMATS.rate(feed.events_per_s), 'a second'), figure(last, ''), figure(FORMATS.count(feed.events_total), 'since start'));
}

function neighbourItem(neighbour) {
  const up = neighbour.state === 'up';
  const reason = up ? '' : el('bdi', { class: 'muted' }, ` ${FORMATS.text(neighbour.reason).slice(0, 200)}`);
  const state = `${clean(neighbour.name)} ${up ? `up since ${instantOf(neighbour.since)}` : `${neighbour.state}:`}`;
  return el('li', {}, el('span', { class: `state ${up ? 'good' : 'bad'}` }, state), reason);
}

const alarmItem = (alarm) =>
  el('li', {}, el('span', { class: 'state bad' }, `Alarm since ${instantOf(alarm.since)}:`), ` ${FORMATS.text(alarm.reason)}.`);

const storeRow = (call) =>
  el('tr', {}, cell(el('code', {}, clean(call.name))), figure(FORMATS.ms(call.p50), 'p50'), figure(FORMATS.ms(call.p95), 'p95'),
    figure(FORMATS.ms(call.p99), 'p99'), figure(FORMATS.count(call.n), 'calls'));

const cacheRow = (cache) =>
  el('tr', {}, cell(el('b', {}, clean(cache.name))), figure(FORMATS.percent(cache.hit_pct), 'hits'),
    figure(FORMATS.count(cache.hits + cache.misses), 'look-ups'), figure(FORMATS.count(cache.evicted), 'evicted'),
    figure(FORMATS.count(cache.entries), 'entries'));

const SIGNS = { told: '✓', refused: '✗', 'nothing fresh': '·', 'told before': '=' };

function verdictRow(verdict) {
  const symbol = clean(verdict.symbol);
  const name = clean(verdict.name);
  const address = String(verdict.token ?? '');
  const short = address.length > 12 ? `${address.slice(0, 4)}…${address.slice(-4)}` : address || '–';
  const label = symbol || name || short;
  const told = verdict.outcome === 'told';
  return el('tr', {},
    cell(el('time', { datetime: verdict.at ?? '' }, clockOf(verdict.at)), { class: 'at' }),
    cell(el('span', { class: 'token-name', title: address.slice(0, 128) }, el('code', {}, el('bdi', {}, label)), name && name !== label ? el('bdi', { class: 'muted' }, ` ${name}`) : '')),
    cell(el('span', { class: `outcome ${told ? 'told' : ''}` }, el('i', { 'aria-hidden': 'true' }, SIGNS[verdict.outcome] ?? '·'), FORMATS.text(verdict.outcome))),
    figure(FORMATS.count(verdict.told), 'told'), figure(FORMATS.count(verdict.judged), 'judged'),
    cell(el('bdi', {}, FORMATS.text(verdict.reason).slice(0, 400)), { class: 'reason' }));
}

const failureRow = (failure) =>
  el('tr', {}, cell(el('time', { datetime: failure.at ?? '' }, clockOf(failure.at))), cell(el('b', {}, clean(failure.what))),
    cell(el('bdi', {}, FORMATS.text(failure.detail).slice(0, 400)), { class: 'detail' }), figure(FORMATS.count(failure.count), 'times'));

const SVG = 'http://www.w3.org/2000/svg';
function path(svg, name, d) {
  let node = svg.querySelector(`.${name}`);
  if (!node) {
    node = document.createElementNS(SVG, 'path');
    node.setAttribute('class', name);
    svg.append(node);
  }
  node.setAttribute('d', d);
}

/** Draw 60 figures, the newest at the right, on a scale from zero. Returns the greatest. */
function spark(id, figures, bars) {
  const svg = byId(id);
  const list = (figures ?? []).slice(-60).map((value) => (known(value) ? Number(value) : 0));
  const most = list.length ? Math.max(...list) : null;
  const top = Math.max(most ?? 0, 1);
  const points = list.map((value, place) => [60 - list.length + place, 40 - (value / top) * 38]);
  path(svg, 'base', 'M0 40H59');
  if (bars) {
    path(svg, 'bars', points.filter(([, y]) => y < 40).map(([x, y]) => `M${x} 40V${y.toFixed(2)}`).join(''));
  } else {
    const edge = points.map(([x, y], place) => `${place ? 'L' : 'M'}${x} ${y.toFixed(2)}`).join('');
    path(svg, 'under', points.length ? `${edge}L${points.at(-1)[0]} 40L${points[0][0]} 40Z` : '');
    path(svg, 'edge', edge);
  }
  return most;
}

const low = Math.log10(AXIS_MS[0]);
const high = Math.log10(AXIS_MS.at(-1));
const along = (ms) => Math.min(100, Math.max(0, ((Math.log10(Math.max(ms, 1e-6)) - low) / (high - low)) * 100));

function spread(id, { p50, p95, p99 }) {
  const place = byId(id);
  if (![p50, p95, p99].every(known)) return place.replaceChildren(el('span', { class: 'plot-line' }));
  if (!place.querySelector('b')) place.replaceChildren(el('span', { class: 'plot-line' }, el('i'), el('b'), el('b', { class: 'tail' })));
  const [bar, middle, tail] = place.firstChild.children;
  bar.style.left = `${along(p50)}%`;
  bar.style.width = `${along(p99) - along(p50)}%`;
  middle.style.left = `${along(p50)}%`;
  tail.style.left = `${along(p99)}%`;
  place.title = `from p50 ${FORMATS.ms(p50)} to p99 ${FORMATS.ms(p99)}`;
  return undefined;
}

function health(figures) {
  byId('health').className = `health ${figures.healthy ? 'good' : 'bad'}`;
  write(byId('health-sign'), figures.healthy ? '✓' : '✗');
  write(byId('health-title'), figures.healthy ? 'Healthy' : 'Not healthy');
  document.title = `${figures.healthy ? '✓' : '✗'} tokenfilter`;
  items('reasons', figures.reasons, (reason) => el('li', {}, el('bdi', {}, reason)));
  items('alarms', figures.alarms, alarmItem);
  items('neighbours', figures.neighbours, neighbourItem);
  write(byId('uptime'), figures.started_at ? span((Date.parse(figures.now) - Date.parse(figures.started_at)) / 1000) : '–');
  write(byId('started'), momentOf(figures.started_at));
  byId('simulated').hidden = !figures.simulated;
}

const share = (part, most) => (known(part) && most ? Math.min(100, (part / most) * 100) : 0);
function gauge(id, part, most) {
  byId(id).classList.toggle('full', share(part, most) > 80);
  byId(id).children[0].style.width = `${share(part, most)}%`;
}

let turns = 0;
let lastSecond = 0;
function life(now) {
  write(byId('now'), clockOf(now));
  const second = new Date(now).getUTCSeconds();
  if (second < lastSecond) turns += 1; // onward past twelve, never back
  lastSecond = second;
  byId('hand').style.transform = `rotate(${turns * 360 + second * 6}deg)`;
}

function show(figures) {
  today = figures.now.slice(0, 10);
  life(figures.now);
  health(figures);
  for (const node of document.querySelectorAll('[data-v]')) {
    const value = node.dataset.v.split('.').reduce((part, name) => part?.[name], figures);
    write(node, FORMATS[node.dataset.f ?? 'text'](value));
  }
  for (const node of document.querySelectorAll('.late-window')) write(node, span(figures.latency_ms.window_s));
  for (const node of document.querySelectorAll('.rate-window')) write(node, span(figures.rates.window_s));
  spread('plot-claim', figures.latency_ms.claim);
  spread('plot-send', figures.latency_ms.send);
  write(byId('most-events'), FORMATS.rate(spark('spark-events', figures.history.events, false)));
  write(byId('most-alerts'), FORMATS.rate(spark('spark-alerts', figures.history.alerts, true)));
  const { length, capacity, peak } = figures.queue;
  gauge('gauge', length, capacity);
  byId('gauge').children[1].style.left = `calc(${share(peak, capacity)}% - 1px)`;
  gauge('memory', figures.memory.bytes, figures.memory.limit_bytes);
  stores(figures.stores);
  rows('caches', figures.caches, cacheRow, 'No cache is in use.');
  rows('feeds', figures.feeds, feedRow, 'No feed is set up.');
  write(byId('verdict-count'), String(figures.verdicts.length));
  rows('verdicts', figures.verdicts, verdictRow, 'Nothing was judged yet.');
  rows('failures', figures.failures, failureRow, 'Nothing failed.');
  const reasons = Object.entries(figures.dead_letters.by_reason ?? {}).map(([reason, count]) => `${reason} ${FORMATS.count(count)}`);
  write(byId('dead-reasons'), reasons.length ? `(${reasons.join(', ')})` : '');
}

function notice(text) {
  document.body.classList.toggle('lost', Boolean(text));
  byId('notice').hidden = !text;
  write(byId('notice'), text);
  if (!text) return;
  byId('health').className = 'health';
  write(byId('health-sign'), '?');
  write(byId('health-title'), 'Not known');
  document.title = '? tokenfilter';
}

let heard = Date.now();
async function ask() {
  const token = new URLSearchParams(location.search).get('token');
  const address = new URL(`dashboard.json${token ? `?${new URLSearchParams({ token })}` : ''}`, document.baseURI);
  try {
    const answer = await fetch(address, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (answer.status === 401 || answer.status === 403) return notice('The service asks for its token. Open this page as /?token=… with it.');
    if (!answer.ok) throw new Error(`The service answered ${answer.status}.`);
    show(await answer.json());
    heard = Date.now();
    return notice('');
  } catch (failure) {
    console.info('No figures:', failure.message);
    const silent = Math.round((Date.now() - heard) / 1000);
    return silent < 3 ? undefined : notice(`No answer for ${span(silent)}. The figures below are from ${byId('now').textContent} UTC.`);
  }
}

byId('axis').replaceChildren(...AXIS_MS.map((ms) => {
  const mark = el('span', {}, FORMATS.ms(ms));
  mark.style.left = `${along(ms)}%`;
  return mark;
}));
try {
  show(JSON.parse(byId('first').textContent));
} catch (failure) {
  console.info('No first figures in the page:', failure.message);
}
const again = () => setTimeout(() => ask().then(again), EVERY_MS);
again();
