// The messages on the screen: a window on a thread that keeps its place whatever is added, edited or removed.
// It follows the newest message while one is at the bottom; else a pill says what came.

import { Days } from './days.js';
import { dayKey, el, icon } from './dom.js';
import { isMine, messageRow, senderOf } from './message.js';
import { keepPlace, skipUnseenRows } from './place.js';

const STEP = 40; // rows drawn at first, and at each reach upwards
const MOST = 300; // rows kept while following the newest
const NEAR = 48; // px from the end that still count as "at the bottom"
const REACH = 900; // px from the top at which older messages are fetched
const TOGETHER = 300; // seconds within which one sender's messages stand together

export class Conversation {
  #thread = null;
  #first = 0; // id of the oldest message drawn
  #rows = new Map();
  #days = new Days();
  #touched = new Map(); // message id -> was it added
  #frame = null;
  #reaching = false;
  #missed = 0;
  #top = 0; // where the last scroll ended
  following = true;

  constructor({ world, acts, waiting, scroller, list, pill, onShown }) {
    Object.assign(this, { world, acts, waiting, scroller, list, pill, onShown });
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    pill.addEventListener('click', () => this.toEnd());
    const stick = new ResizeObserver(() => { if (this.following) this.#pin(); });
    stick.observe(scroller);
    stick.observe(list);
    skipUnseenRows(list);
    world.on('message', ({ chatId, message, added }) => this.#touch(chatId, message.message_id, added));
    world.on('delete', ({ chatId, id }) => this.#touch(chatId, id, false));
  }

  async open(chatId, unread = 0) {
    const thread = chatId === null ? null : this.world.thread(chatId);
    this.#thread = thread;
    this.#clear();
    if (!thread) return;
    if (!thread.loaded) {
      try {
        await thread.load();
      } catch (failure) {
        this.world.tell('failed', { failure });
      }
      if (this.#thread !== thread) return;
    }
    this.#draw(Math.max(STEP, unread + 10));
    this.#unreadLine(unread);
    this.onShown();
    this.#fill();
  }

  toEnd() {
    if (this.#rows.size > MOST) this.#draw(STEP);
    this.following = true;
    this.#pin();
    this.#showPill();
  }

  /** Draw one message anew, for instance because its button now waits. */
  refresh(chatId, messageId) {
    this.#touch(chatId, messageId, false);
  }

  async jump(messageId) {
    const thread = this.#thread;
    for (let page = 0; page < 40 && thread && !thread.get(messageId); page += 1) {
      if (!(await thread.older())) break;
    }
    if (this.#thread !== thread || !thread?.get(messageId)) return false;
    const place = thread.place(messageId);
    if (place < this.#start) this.#reachTo(Math.max(0, place - 10));
    this.following = false;
    const row = this.#rows.get(messageId);
    row.scrollIntoView({ block: 'center' });
    row.classList.add('found');
    setTimeout(() => row.classList.remove('found'), 1600);
    return true;
  }

  /** Index in the thread of the oldest message drawn. */
  get #start() {
    return this.#thread.place(this.#first);
  }

  #clear() {
    this.#rows.clear();
    this.#days.clear();
    this.#touched.clear();
    this.list.replaceChildren();
    this.#missed = 0;
    this.following = true;
    this.#showPill();
  }

  #draw(count) {
    this.#rows.clear();
    this.#days.clear();
    const start = Math.max(0, this.#thread.messages.length - count);
    this.#first = this.#thread.messages[start]?.message_id ?? 0;
    const rows = this.#thread.messages.slice(start).map((message) => this.#row(message));
    this.list.replaceChildren(...rows);
    for (let place = start; place < this.#thread.messages.length; place += 1) this.#dress(place);
    this.#pin();
  }

  #row(message) {
    const { chatId } = this.#thread;
    const context = { chat: this.world.chat(chatId), me: this.world.me, waiting: this.waiting(chatId, message.message_id), acts: this.acts };
    const row = messageRow(message, context);
    this.#rows.set(message.message_id, row);
    return row;
  }

  /** What a row shows because of the one before it: the day, the sender's name or its absence. */
  #dress(place) {
    const message = this.#thread.messages[place];
    const row = message && this.#rows.get(message.message_id);
    if (!row) return;
    const before = place > this.#start ? this.#thread.messages[place - 1] : null;
    const newDay = !before || dayKey(before.date) !== dayKey(message.date);
    const joined = !newDay && senderOf(before).id === senderOf(message).id && message.date - before.date < TOGETHER;
    row.classList.toggle('joined', joined);
    if (newDay) this.#days.put(message.message_id, row, message.date);
    else this.#days.drop(message.message_id);
  }

  #touch(chatId, messageId, added) {
    if (chatId !== this.#thread?.chatId) return;
    this.#touched.set(messageId, added || this.#touched.get(messageId) === true);
    this.#flushSoon();
  }

  #flushSoon() {
    const flush = () => { this.#frame = null; this.#flush(); };
    this.#frame ??= document.hidden ? setTimeout(flush, 250) : requestAnimationFrame(flush);
  }

  #flush() {
    if (!this.#touched.size || !this.#thread?.loaded) return;
    if (this.following && this.#touched.size > MOST / 2) {
      this.#touched.clear();
      this.#draw(STEP);
      return;
    }
    const batch = [...this.#touched].slice(0, 60);
    for (const [id] of batch) this.#touched.delete(id);
    let own = false;
    this.#keep(() => {
      for (const [id, added] of batch) own = this.#apply(id, added, batch.length) || own;
    });
    if (own) this.toEnd();
    if (this.following && this.#rows.size > MOST) this.#trim();
    this.#showPill();
    this.onShown();
    if (this.#touched.size) this.#flushSoon();
  }

  /** Bring one row up to date; says whether it is a new message of the person's own. */
  #apply(id, added, many) {
    const message = this.#thread.get(id);
    const old = this.#rows.get(id);
    const place = this.#thread.place(id);
    if (!message) {
      old?.remove();
      this.#days.drop(id);
      this.#rows.delete(id);
      this.#dress(place);
      return false;
    }
    if (old) {
      const at = old.contains(document.activeElement) ? document.activeElement.dataset.at : null;
      const row = this.#row(message);
      old.replaceWith(row);
      if (at) row.querySelector(`[data-at="${at}"]`)?.focus({ preventScroll: true });
    } else {
      if (place < this.#start) return false;
      const row = this.#row(message);
      const next = this.#thread.messages.slice(place + 1).find((later) => this.#rows.has(later.message_id));
      const beside = next ? this.#days.top(next.message_id, this.#rows.get(next.message_id)) : null;
      this.list.insertBefore(row, beside);
      if (added && many <= 3) row.classList.add('fresh');
    }
    this.#dress(place);
    this.#dress(place + 1);
    const own = added && !old && (isMine(message, this.world.me) || (message.out && this.world.chat(this.#thread.chatId).type === 'channel'));
    if (added && !old && !own && !this.following) this.#missed += 1;
    return own;
  }

  #trim() {
    const drop = this.#rows.size - MOST / 2;
    const start = this.#start;
    for (const message of this.#thread.messages.slice(start, start + drop)) {
      this.#rows.get(message.message_id)?.remove();
      this.#days.drop(message.message_id);
      this.#rows.delete(message.message_id);
    }
    this.#first = this.#thread.messages[start + drop].message_id;
    this.#dress(this.#start);
    this.#pin();
  }

  /** Change rows so that what one reads does not move. */
  #keep(change) {
    if (!this.following) return keepPlace(this.scroller, this.list, change);
    change();
    return this.#pin();
  }

  #pin() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const down = this.following && scrollTop >= this.#top; // what grew below has not been followed yet
    this.following = down || scrollHeight - scrollTop - clientHeight < NEAR;
    this.#top = scrollTop;
    if (this.following) this.#missed = 0;
    this.#showPill();
    this.#days.scrolled(this.scroller, !this.following);
    if (scrollTop < REACH) this.#reach();
  }

  async #reach() {
    const thread = this.#thread;
    if (this.#reaching || !thread?.loaded) return;
    this.#reaching = true;
    try {
      if (this.#start === 0) await thread.older();
      if (thread === this.#thread && this.#start > 0) this.#reachTo(Math.max(0, this.#start - STEP));
    } catch (failure) {
      this.world.tell('failed', { failure });
    } finally {
      this.#reaching = false;
    }
  }

  #reachTo(place) {
    const was = this.#start;
    this.#keep(() => {
      const rows = this.#thread.messages.slice(place, was).map((message) => this.#row(message));
      this.#first = this.#thread.messages[place].message_id;
      this.list.prepend(...rows);
      for (let at = place; at <= was; at += 1) this.#dress(at);
    });
  }

  /** Older messages until the window is full or the thread ends. */
  async #fill() {
    const thread = this.#thread;
    for (let page = 0; page < 5 && thread === this.#thread && this.scroller.scrollHeight < this.scroller.clientHeight + REACH; page += 1) {
      if (this.#start === 0 && thread.complete) return;
      await this.#reach();
    }
  }

  #unreadLine(unread) {
    if (unread < 1) return;
    const incoming = this.#thread.messages.slice(this.#start).filter((message) => !isMine(message, this.world.me));
    const first = incoming.at(-unread) ?? incoming[0];
    const row = first && this.#rows.get(first.message_id);
    if (!row) return;
    const line = el('div', { class: 'unread-line' }, 'New messages');
    this.#days.top(first.message_id, row).before(line);
    const room = this.scroller.getBoundingClientRect();
    const above = line.getBoundingClientRect().top - room.top;
    if (above < 0) {
      this.scroller.scrollTop += above - 48;
      this.#missed = unread;
      this.#scrolled();
    }
  }

  #showPill() {
    const far = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight > 400;
    this.pill.hidden = this.following || !(this.#missed || far);
    const count = this.#missed === 1 ? '1 new message' : `${this.#missed} new messages`;
    if (!this.pill.hidden) this.pill.replaceChildren(icon('down'), this.#missed ? count : 'Newest');
  }
}
