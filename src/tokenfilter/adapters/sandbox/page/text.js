// A message's text as nodes: entities become elements by their UTF-16 offsets, nested as Telegram nests them.
// JavaScript strings are UTF-16 too, so an offset is an index.

import { el, safeUrl } from './dom.js';

const PLAIN = { bold: 'b', italic: 'i', underline: 'u', strikethrough: 's' };
const BLOCKS = new Set(['pre', 'blockquote', 'expandable_blockquote']);

const byPlace = (a, b) => a.start - b.start || b.end - a.end;

/** Entities inside the text, outer before inner; one that crosses another's end is cut in two there. */
function ordered(entities, length) {
  const waiting = (entities ?? [])
    .map((entity) => ({ entity, start: Math.max(0, entity.offset), end: Math.min(length, entity.offset + entity.length) }))
    .filter((piece) => piece.start < piece.end)
    .sort(byPlace);
  const done = [];
  const open = [];
  while (waiting.length) {
    const piece = waiting.shift();
    while (open.length && open.at(-1).end <= piece.start) open.pop();
    const outer = open.at(-1);
    if (outer && piece.end > outer.end) {
      waiting.push({ ...piece, end: outer.end }, { ...piece, start: outer.end });
      waiting.sort(byPlace);
      continue;
    }
    open.push(piece);
    done.push(piece);
  }
  return done;
}

/** The text as a fragment. `acts` says what a touched command, code, mention or tag does. */
export function richText(text, entities, acts) {
  const pieces = ordered(entities, text.length);
  let next = 0;
  const fill = (parent, start, end) => {
    let cursor = start;
    let afterBlock = false;
    const plain = (until) => {
      let words = text.slice(cursor, until);
      if (afterBlock) words = words.replace(/^\n/, ''); // the block ends its line by itself
      if (words) parent.append(words);
      if (until > cursor) afterBlock = false;
      cursor = until;
    };
    while (next < pieces.length && pieces[next].start < end) {
      const piece = pieces[next];
      next += 1;
      plain(piece.start);
      const node = shell(piece.entity, text.slice(piece.start, piece.end), acts);
      fill(node.inner ?? node, piece.start, piece.end);
      parent.append(node.outer ?? node);
      cursor = piece.end;
      afterBlock = BLOCKS.has(piece.entity.type);
    }
    plain(end);
  };
  const whole = document.createDocumentFragment();
  fill(whole, 0, text.length);
  return whole;
}

const pressable = (tag, attributes, act) =>
  el(tag, {
    ...attributes,
    role: 'button',
    tabindex: '0',
    onclick: (event) => { event.stopPropagation(); act(event); },
    onkeydown: (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      act(event);
    },
  });

/** The empty element of one entity; {outer, inner} where the text goes deeper than the element itself. */
function shell(entity, words, acts) {
  const { type } = entity;
  if (PLAIN[type]) return el(PLAIN[type]);
  switch (type) {
    case 'code':
      return pressable('code', { class: 'code', title: 'Copy' }, () => acts.copy(words));
    case 'pre': {
      const inner = el('code', { class: 'pre-text' });
      const outer = pressable('pre', { class: 'pre', title: 'Copy' }, () => acts.copy(words));
      if (entity.language) outer.append(el('span', { class: 'language' }, entity.language));
      outer.append(inner);
      return { outer, inner };
    }
    case 'text_link':
      return anchor(entity.url, acts);
    case 'url':
      return anchor(words, acts);
    case 'email':
      return anchor(`mailto:${words}`, acts);
    case 'phone_number':
      return anchor(`tel:${words}`, acts);
    case 'mention':
      return pressable('span', { class: 'link' }, () => acts.mention(words.slice(1)));
    case 'text_mention':
      return el('span', { class: 'link' });
    case 'bot_command':
      return pressable('span', { class: 'link' }, () => acts.command(words));
    case 'hashtag':
    case 'cashtag':
      return pressable('span', { class: 'link' }, () => acts.tag(words));
    case 'spoiler':
      return pressable('span', { class: 'spoiler', 'aria-label': 'Hidden text, press to show' }, (event) => {
        for (const spoiler of event.currentTarget.closest('.text').querySelectorAll('.spoiler')) {
          spoiler.classList.add('shown');
          for (const name of ['aria-label', 'role', 'tabindex']) spoiler.removeAttribute(name);
        }
      });
    case 'blockquote':
      return el('blockquote', {});
    case 'expandable_blockquote': {
      const inner = el('span', { class: 'folded' });
      const toggle = el('button', { type: 'button', class: 'unfold', 'aria-expanded': 'false' }, 'Show all');
      const outer = el('blockquote', { class: 'expandable' }, inner, toggle);
      toggle.addEventListener('click', () => {
        const open = outer.classList.toggle('open');
        toggle.setAttribute('aria-expanded', String(open));
        toggle.textContent = open ? 'Show less' : 'Show all';
      });
      return { outer, inner };
    }
    default:
      return el('span');
  }
}

function anchor(address, acts) {
  const href = safeUrl(address);
  if (!href) return el('span', { class: 'dead-link', title: 'A browser must not open this address' });
  return el('a', {
    class: 'link', href, title: href.slice(0, 200), target: '_blank', rel: 'noopener noreferrer',
    onclick: (event) => { if (acts.ownLink(href)) event.preventDefault(); },
  });
}
