// One message as nodes: who, what it answers, media, text, time, keyboard. Decides nothing; touches go to `acts`.

import { fileAddress } from './api.js';
import { avatar, el, exactTime, hue, icon, safeUrl, sizeOf, timeOf } from './dom.js';
import { richText } from './text.js';
import { snippet } from './world.js';

export const senderOf = (message) => message.sender_chat ?? message.from ?? { id: 0, first_name: '' };
export const nameOf = (sender) => sender.title ?? [sender.first_name, sender.last_name].filter(Boolean).join(' ');
export const isMine = (message, me) => Boolean(message.out) && !message.sender_chat && message.from?.id === me;

/**
 * The row of a message.
 *
 * context: `chat` (the Bot API chat), `me` (person id), `waiting` (callback data of the button that waits, or null),
 * `acts` (copy, mention, command, tag, ownLink, jump, reply, press, pay, picture).
 */
export function messageRow(message, context) {
  const { chat, me, acts } = context;
  const sender = senderOf(message);
  const mine = isMine(message, me);
  const crowd = chat.type === 'group' || chat.type === 'supergroup';
  const bubble = el('div', { class: 'bubble' });
  if (crowd && !mine) bubble.append(el('div', { class: `name hue${hue(sender.id)}` }, el('bdi', {}, nameOf(sender))));
  if (message.reply_to_message) bubble.append(quote(message.reply_to_message, acts));
  const shown = media(message, acts);
  bubble.append(...shown);
  bubble.append(words(message, acts, shown.length > 0));
  const reply = el('button', { class: 'icon reply', type: 'button', 'aria-label': 'Reply', title: 'Reply' }, icon('reply'));
  reply.addEventListener('click', () => acts.reply(message));
  const row = el('div', { class: `row ${mine ? 'mine' : 'theirs'}${crowd ? ' crowd' : ''}`, 'data-id': message.message_id });
  if (crowd && !mine) row.append(avatar(sender.id, nameOf(sender), 'small'));
  const stack = el('div', { class: 'stack' }, bubble);
  if (message.reply_markup?.inline_keyboard?.length) stack.append(keyboard(message, context));
  row.append(stack, reply);
  row.addEventListener('dblclick', (event) => {
    if (!event.target.closest('button, a, [role=button], video')) acts.reply(message);
  });
  return row;
}

function quote(original, acts) {
  const sender = senderOf(original);
  return el('button', { class: `quote hue${hue(sender.id)}`, type: 'button', title: 'Show the message', onclick: () => acts.jump(original.message_id) },
    el('span', { class: 'quote-name' }, el('bdi', {}, nameOf(sender))),
    el('span', { class: 'quote-text', dir: 'auto' }, snippet(original)));
}

function words(message, acts, hasMedia) {
  const text = message.text ?? message.caption ?? '';
  const box = el('div', { class: 'text' });
  if (text) box.append(el('div', { class: 'words', dir: 'auto' }, richText(text, message.entities ?? message.caption_entities, acts)));
  else if (!hasMedia) box.append(el('div', { class: 'words muted' }, 'This kind of message is not shown here.'));
  if (!text && hasMedia) box.classList.add('bare');
  const when = el('time', { class: 'meta', datetime: new Date(message.date * 1000).toISOString(), title: exactTime(message.date) }, timeOf(message.date));
  if (message.edit_date) {
    when.prepend('edited ');
    when.title += `, edited ${exactTime(message.edit_date)}`;
  }
  (box.querySelector('.words') ?? box).append(when);
  return box;
}

/** Reserve the space a picture will take, so that nothing moves when it arrives. */
function sized(node, { width, height }) {
  if (width && height) {
    node.style.aspectRatio = `${width} / ${height}`;
    node.style.width = `${Math.min(width, 440)}px`;
  }
  return node;
}

const missing = (node, what) =>
  node.addEventListener('error', () => node.replaceWith(el('div', { class: 'missing' }, `${what} not available`)), { once: true });

function media(message, acts) {
  if (message.photo?.length) {
    const largest = message.photo.reduce((best, size) => ((size.width ?? 0) > (best.width ?? 0) ? size : best));
    const img = sized(el('img', { src: fileAddress(largest.file_id), alt: 'Photo', loading: 'lazy', decoding: 'async' }), largest);
    const button = el('button', { class: 'media', type: 'button', 'aria-label': 'Enlarge the photo', onclick: () => acts.picture(img.src) }, img);
    missing(img, 'Photo');
    return [button];
  }
  if (message.animation) return [moving(message.animation)];
  if (message.video) {
    const film = sized(el('video', { class: 'media', src: fileAddress(message.video.file_id), controls: true, preload: 'metadata', playsinline: true }), message.video);
    missing(film, 'Video');
    return [film];
  }
  if (message.document) return [file(message.document)];
  if (message.invoice) return [invoice(message.invoice)];
  return [];
}

function moving(animation) {
  const src = fileAddress(animation.file_id);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const film = (animation.mime_type ?? 'video/mp4').startsWith('video/');
  const node = sized(film
    ? el('video', { class: 'media', src, loop: true, muted: true, autoplay: !still, controls: still, playsinline: true })
    : el('img', { class: 'media', src, alt: 'Animation', loading: 'lazy' }), animation);
  if (film) node.muted = true; // the attribute alone does not mute a node made by script
  missing(node, 'Animation');
  return node;
}

const file = (document_) =>
  el('a', { class: 'file', href: fileAddress(document_.file_id), download: document_.file_name ?? '' },
    el('span', { class: 'file-sign' }, icon('file')),
    el('span', { class: 'file-words' }, el('bdi', { class: 'file-name' }, document_.file_name ?? 'File'), el('span', { class: 'muted' }, sizeOf(document_.file_size))));

function invoice(bill) {
  const sum = bill.currency === 'XTR' ? `${bill.total_amount} Stars` : `${(bill.total_amount / 100).toFixed(2)} ${bill.currency}`;
  return el('div', { class: 'invoice' }, el('b', {}, el('bdi', {}, bill.title ?? 'Invoice')), el('span', { dir: 'auto' }, bill.description ?? ''), el('span', { class: 'num' }, sum));
}

function keyboard(message, { waiting, acts }) {
  const board = el('div', { class: 'keyboard' });
  message.reply_markup.inline_keyboard.forEach((buttons, line) => {
    board.append(el('div', { class: 'keys' }, ...buttons.map((button, column) => key(message, button, { at: `${line}.${column}`, waiting, acts }))));
  });
  return board;
}

function key(message, button, { at, waiting, acts }) {
  const label = el('span', { class: 'key-label', dir: 'auto' }, button.text);
  const common = { class: `key${button.style ? ` key-${button.style}` : ''}`, 'data-at': at, title: button.text.length > 24 ? button.text.slice(0, 200) : null };
  if (button.url !== undefined) {
    const href = safeUrl(button.url);
    if (!href) return el('button', { ...common, type: 'button', disabled: true, title: 'A browser must not open this address' }, label);
    const open = (event) => { if (acts.ownLink(href)) event.preventDefault(); };
    return el('a', { ...common, href, target: '_blank', rel: 'noopener noreferrer', onclick: open }, label, icon('out'));
  }
  if (button.callback_data !== undefined) {
    const busy = waiting === button.callback_data;
    return el('button', { ...common, type: 'button', 'aria-busy': busy ? 'true' : null, onclick: () => acts.press(message, button) }, label, el('i', { class: 'spinner', 'aria-hidden': 'true' }));
  }
  if (button.copy_text) {
    return el('button', { ...common, type: 'button', onclick: () => acts.copy(button.copy_text.text) }, label, icon('copy'));
  }
  if (button.pay) return el('button', { ...common, type: 'button', onclick: () => acts.pay(message) }, label);
  return el('button', { ...common, type: 'button', disabled: true, title: 'This kind of button works only in Telegram' }, label);
}
