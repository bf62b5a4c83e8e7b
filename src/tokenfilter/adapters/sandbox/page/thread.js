// The messages of one chat that this page has seen: oldest first, without gaps, the newest always present once loaded.

import * as api from './api.js';

const PAGE = 50;

export class Thread {
  messages = [];
  loaded = false;
  complete = false; // nothing older exists
  #fetching = null;

  constructor(chatId) {
    this.chatId = chatId;
  }

  /** Where a message is or would be inserted. */
  place(messageId) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].message_id < messageId) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(messageId) {
    const found = this.messages[this.place(messageId)];
    return found?.message_id === messageId ? found : null;
  }

  /** Add or replace; says which, or null when the message is older than what is loaded. */
  put(message) {
    const place = this.place(message.message_id);
    if (this.messages[place]?.message_id === message.message_id) {
      this.messages[place] = message;
      return 'changed';
    }
    if (place === 0 && this.messages.length && !this.complete) return null;
    this.messages.splice(place, 0, message);
    return 'added';
  }

  remove(messageId) {
    const place = this.place(messageId);
    if (this.messages[place]?.message_id === messageId) this.messages.splice(place, 1);
  }

  async load() {
    if (this.loaded) return;
    await this.#fetch(null);
    this.loaded = true;
  }

  /** Fetch the page before the oldest; says how many messages came. */
  older() {
    if (this.complete || !this.loaded) return Promise.resolve(0);
    return this.#fetch(this.messages[0]?.message_id ?? null);
  }

  #fetch(before) {
    this.#fetching ??= api
      .messages(this.chatId, { before, limit: PAGE })
      .then((page) => {
        const known = this.messages.length;
        this.complete = page.length < PAGE;
        const fresh = page.filter((message) => !this.get(message.message_id));
        this.messages = [...this.messages, ...fresh].sort((a, b) => a.message_id - b.message_id);
        return this.messages.length - known;
      })
      .finally(() => { this.#fetching = null; });
    return this.#fetching;
  }
}
