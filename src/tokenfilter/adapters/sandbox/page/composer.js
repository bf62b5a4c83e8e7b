// Writing: the text field, the list of commands, what one replies to, and what stands there instead of the field.

import { byId, el, icon } from './dom.js';
import { nameOf, senderOf } from './message.js';
import { snippet } from './world.js';

const LONGEST = 4096; // Telegram Bot API, sendMessage; people's messages are as long
const WARN_FROM = 3900;

/** `say(text, replyTo)` sends and returns a promise; on failure the text comes back. `unblock()` as it says. */
export class Composer {
  #reply = null;
  #picked = -1;
  #shown = [];
  #drafts = new Map();
  #at = null;

  constructor(world, { say, unblock }) {
    Object.assign(this, { world, say, unblock });
    this.text = byId('text');
    this.list = byId('commands');
    byId('composer').addEventListener('submit', (event) => { event.preventDefault(); this.#submit(); });
    this.text.addEventListener('input', () => this.#typed());
    this.text.addEventListener('keydown', (event) => this.#key(event));
    this.text.addEventListener('blur', () => setTimeout(() => this.closeList(), 150));
    byId('slash').addEventListener('click', () => {
      this.text.value = '/';
      this.text.focus();
      this.#typed();
    });
    world.on('people commands', () => this.show());
  }

  /** Fit to the chat one moved to; the unsent text of the one before is kept. */
  moved() {
    if (this.#at !== null) this.#drafts.set(this.#at, this.text.value);
    this.#at = `${this.world.me}:${this.world.chatId}`;
    this.text.value = this.#drafts.get(this.#at) ?? '';
    this.replyTo(null);
    this.#typed();
    this.closeList();
    this.show();
  }

  /** Choose between the field, the start button and the unblock button. */
  show() {
    const { world } = this;
    const chat = world.chatId === null ? null : world.chat(world.chatId);
    const own = chat?.type === 'private';
    const blocked = own && world.people.get(world.me)?.blocked;
    const thread = chat && world.thread(chat.id);
    const fresh = own && !blocked && thread.loaded && thread.messages.length === 0;
    const instead = byId('instead');
    const focused = instead.contains(document.activeElement) || document.activeElement === this.text;
    byId('composer').hidden = !chat || blocked || fresh;
    instead.hidden = !(blocked || fresh);
    if (blocked) instead.replaceChildren(this.#big('Unblock the bot', () => this.unblock()));
    if (fresh) instead.replaceChildren(this.#big('Start', () => this.say('/start', null)));
    this.#fit();
    if (focused) (instead.hidden ? this.text : instead.firstChild).focus({ preventScroll: true });
    byId('slash').hidden = !chat || chat.type === 'channel' || !world.commands.length;
    this.text.placeholder = chat?.type === 'channel' ? `Post as ${chat.title}` : 'Message';
  }

  #big(label, act) {
    return el('button', { type: 'button', class: 'big', onclick: act }, label);
  }

  replyTo(message) {
    this.#reply = message;
    const bar = byId('replying');
    bar.hidden = !message;
    if (!message) return;
    bar.replaceChildren(icon('reply'),
      el('div', { class: 'replying-words' }, el('b', {}, el('bdi', {}, nameOf(senderOf(message)))), el('span', { dir: 'auto' }, snippet(message))),
      el('button', { type: 'button', class: 'icon', 'aria-label': 'Do not reply', onclick: () => { this.replyTo(null); this.text.focus(); } }, icon('close')));
    this.text.focus();
  }

  /** Close whatever is open here; says whether anything was. */
  escape() {
    if (!this.list.hidden) return this.closeList(), true;
    if (this.#reply) return this.replyTo(null), true;
    return false;
  }

  async #submit() {
    const text = this.text.value.trim();
    if (!text) return;
    const replyTo = this.#reply;
    this.text.value = '';
    this.replyTo(null);
    this.#typed();
    try {
      await this.say(text, replyTo);
    } catch {
      if (!this.text.value) this.text.value = text;
      this.#typed();
    }
  }

  #typed() {
    const { text } = this;
    this.#fit();
    const left = LONGEST - text.value.length;
    byId('count').hidden = left > LONGEST - WARN_FROM;
    byId('count').textContent = left < 0 ? `−${-left}` : String(left);
    byId('count').classList.toggle('over', left < 0);
    byId('send').classList.toggle('ready', text.value.trim() !== '');
    const typed = /^\/([\w@]*)$/.exec(text.value);
    const channel = this.world.chatId !== null && this.world.chat(this.world.chatId).type === 'channel';
    this.#shown = typed && !channel ? this.world.commands.filter(({ command }) => command.startsWith(typed[1].toLowerCase())) : [];
    this.#picked = this.#shown.length ? 0 : -1;
    this.#showList();
  }

  #fit() {
    this.text.style.height = '';
    if (this.text.scrollHeight > 40) this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 200)}px`;
  }

  #showList() {
    const { list, text } = this;
    list.hidden = !this.#shown.length;
    text.setAttribute('aria-expanded', String(!list.hidden));
    list.replaceChildren(...this.#shown.map(({ command, description }, place) =>
      el('div', {
        role: 'option', id: `command-${place}`, class: 'command', 'aria-selected': String(place === this.#picked),
        onpointerdown: (event) => event.preventDefault(),
        onclick: () => this.#run(command),
      }, el('b', {}, `/${command}`), el('span', { class: 'muted', dir: 'auto' }, description))));
    const picked = list.children[this.#picked];
    if (picked) text.setAttribute('aria-activedescendant', picked.id);
    else text.removeAttribute('aria-activedescendant');
    picked?.scrollIntoView({ block: 'nearest' });
  }

  closeList() {
    this.#shown = [];
    this.#picked = -1;
    this.#showList();
  }

  #run(command) {
    this.text.value = `/${command}`;
    this.#submit();
  }

  #key(event) {
    if (event.isComposing) return;
    const open = !this.list.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (open && step) {
      event.preventDefault();
      this.#picked = (this.#picked + step + this.#shown.length) % this.#shown.length;
      this.#showList();
    } else if (open && event.key === 'Tab' && !event.shiftKey) {
      event.preventDefault();
      this.text.value = `/${this.#shown[this.#picked].command} `;
      this.#typed();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      if (open && this.#picked >= 0) this.#run(this.#shown[this.#picked].command);
      else this.#submit();
    }
  }
}
