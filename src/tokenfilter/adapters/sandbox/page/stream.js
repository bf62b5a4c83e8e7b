// The server's event stream, read with fetch so that the first connection can say where to resume, and so that the
// keep-alive comments show whether the line is alive. Reconnects by itself; what an event means is decided elsewhere.

const SILENCE_MS = 40_000; // the server sends a comment every 15 s
const WAITS_MS = [300, 1000, 2000, 4000, 5000];

/** Split a stream's text into events. Feed it pieces; it calls `onEvent` with {id, event, data}. */
export function parser(onEvent) {
  let rest = '';
  let event = { id: null, event: 'message', data: [] };
  const line = (text) => {
    if (text === '') {
      if (event.data.length) onEvent({ ...event, data: event.data.join('\n') });
      event = { id: null, event: 'message', data: [] };
      return;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') event.data.push(value);
    else if (field === 'event' || field === 'id') event[field] = value;
  };
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const text of lines) line(text.replace(/\r$/, ''));
  };
}

/**
 * Follow the stream for as long as the page lives.
 *
 * `prepare()` runs before every connection and returns the sequence number to resume after; it may fail, which counts
 * as a failed connection. `onEvent(name, data, id)`; `onLine('connecting' | 'up' | 'down')`.
 */
export async function follow({ url, prepare, onEvent, onLine }) {
  for (let failures = 0; ; failures += 1) {
    onLine(failures ? 'down' : 'connecting');
    const stop = new AbortController();
    let watchdog;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stop.abort(), SILENCE_MS);
    };
    try {
      const after = await prepare();
      alive();
      const answer = await fetch(url, {
        headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(after) },
        cache: 'no-store',
        signal: stop.signal,
      });
      if (!answer.ok || !answer.body) throw new Error(`stream: ${answer.status}`);
      onLine('up');
      failures = 0;
      const feed = parser(({ id, event, data }) => onEvent(event, JSON.parse(data), Number(id)));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let step = await reader.read(); !step.done; step = await reader.read()) {
        alive();
        feed(step.value);
      }
    } catch (failure) {
      console.info('The stream ended:', failure.message);
      stop.abort();
    } finally {
      clearTimeout(watchdog);
    }
    onLine('down');
    await new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(failures, WAITS_MS.length - 1)]));
  }
}
