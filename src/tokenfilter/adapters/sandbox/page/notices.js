// What appears over the chat for a moment: toasts, the alert of a callback answer, an enlarged picture.

import { byId, el, safeUrl } from './dom.js';

const AT_MOST = 3;

export function toast(text, { tone = 'plain' } = {}) {
  const place = byId('toasts');
  const node = el('div', { class: `toast ${tone}`, dir: 'auto' }, text);
  place.append(node);
  while (place.children.length > AT_MOST) place.firstChild.remove();
  setTimeout(() => {
    node.classList.add('going');
    setTimeout(() => node.remove(), 200);
  }, Math.min(8000, 2400 + text.length * 40));
}

export const complain = (failure) => toast(failure.message, { tone: 'bad' });

/** The answer of a bot to a pressed button that must be acknowledged, or that opens an address. */
export function alertWith(text, url) {
  const href = url ? safeUrl(url) : null;
  const link = byId('alert-link');
  byId('alert-text').textContent = text || (href ? 'The bot wants to open an address:' : '');
  link.hidden = !href;
  if (href) {
    link.href = href;
    link.title = href;
  }
  const dialog = byId('alert');
  if (!dialog.open) dialog.showModal();
}

export function enlarge(src) {
  byId('picture-img').src = src;
  byId('picture').showModal();
}

export function prepareNotices() {
  byId('alert-ok').addEventListener('click', () => byId('alert').close());
  byId('picture').addEventListener('click', () => byId('picture').close());
  byId('alert').addEventListener('click', (event) => { if (event.target === byId('alert')) byId('alert').close(); });
}

/** Put text on the clipboard and say so. Pages served without TLS from elsewhere have no clipboard, so there is a second way. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = el('textarea', { class: 'off-screen' });
    field.value = text;
    document.body.append(field);
    const focused = document.activeElement;
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    focused?.focus({ preventScroll: true });
    if (!done) return toast('The browser did not allow copying', { tone: 'bad' });
  }
  return toast(text.length > 40 ? 'Copied' : `Copied: ${text}`);
}
