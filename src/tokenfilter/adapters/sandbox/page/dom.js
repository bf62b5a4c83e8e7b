// Small ways to build nodes and to say times and sizes. Foreign text only ever enters as a text node.

const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** Make a node. `attributes`: class, on-handlers as functions, `true` for a bare attribute; null and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

const HUES = 7;

/** One of seven colours, the same for an id everywhere. */
export const hue = (id) => Math.abs(Number(id) || 0) % HUES;

export function avatar(id, name, className = '') {
  const words = String(name).replace(/[\p{C}\p{M}]/gu, '').trim().split(/\s+/);
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? '').join('').toUpperCase();
  return el('span', { class: `avatar hue${hue(id)} ${className}`, 'aria-hidden': 'true' }, letters || '?');
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short' });
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const fullDay = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const seconds = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

export const zoneName = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'local time';
export const timeOf = (seconds) => clock.format(seconds * 1000);
export const secondOf = (instant) => seconds.format(instant);
export const exactTime = (seconds) => exact.format(seconds * 1000);
export const dayKey = (seconds) => new Date(seconds * 1000).toDateString();

const daysAgo = (seconds) => {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(new Date()) - midnight(new Date(seconds * 1000))) / 86_400_000);
};

export function dayName(seconds) {
  const ago = daysAgo(seconds);
  if (ago === 0) return 'Today';
  if (ago === 1) return 'Yesterday';
  return fullDay.format(seconds * 1000);
}

/** The time in a chat list: clock today, weekday within a week, else the day. */
export function shortWhen(seconds) {
  const ago = daysAgo(seconds);
  if (ago === 0) return timeOf(seconds);
  return (ago > 0 && ago < 7 ? weekday : dayMonth).format(seconds * 1000);
}

export function sizeOf(bytes) {
  if (!Number.isFinite(bytes)) return '–';
  if (bytes < 1024) return `${bytes} B`;
  const unit = bytes < 1024 * 1024 ? ['kB', 1024] : ['MB', 1024 * 1024];
  return `${(bytes / unit[1]).toPrecision(3)} ${unit[0]}`;
}

/** The address if a browser may open it, else null: `javascript:` and the like are foreign text, not links. */
export function safeUrl(text) {
  const raw = String(text ?? '').trim();
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(raw) ? raw : `https://${raw}`);
    return ['http:', 'https:', 'tg:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
