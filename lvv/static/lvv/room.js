/*
 * The screen of the meeting: text is saved while it is typed, keys move between cases, the wall follows the chair.
 *
 * Everything also works without this file: the forms have their buttons, the wall its links.
 *
 * Text that the server does not have yet stays in this window (sessionStorage) until it has: through a lost
 * connection, a server that stopped, and a reload. It goes when the server confirms it, and with the window.
 */
"use strict";

(() => {
  const PAUSE = 1500; // ms without a key before saving
  const LONGEST = 5000; // ms of typing on before saving all the same
  const RETRY = 3000; // ms until the next attempt after a failure
  const PATIENCE = 8000; // ms before an attempt counts as failed

  class Minutes {
    constructor(form) {
      this.form = form;
      this.fields = [...form.querySelectorAll("textarea")];
      this.version = form.elements.version;
      const around = form.closest("section");
      this.state = around.querySelector("[data-state]");
      this.clash = around.querySelector("[data-clash]");
      this.key = `lvv-verslag-${form.dataset.autosave}`;
      this.saved = this.text();
      this.timer = this.since = null;
      this.isSending = this.isClashing = false;
      this.restore();
      form.addEventListener("input", () => this.typed());
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.save();
      });
      window.addEventListener("online", () => this.save());
      window.addEventListener("beforeunload", (event) => {
        if (this.isUnsaved()) event.preventDefault();
      });
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "hidden") this.save();
      });
      this.button("[data-keep-mine]", () => this.settle());
      this.button("[data-take-theirs]", () => {
        this.fill(this.theirs);
        this.saved = this.theirs;
        this.settle();
      });
    }

    button(selector, act) {
      this.clash.querySelector(selector).addEventListener("click", act);
    }

    text() {
      return Object.fromEntries(this.fields.map((field) => [field.name, field.value]));
    }

    fill(text) {
      for (const field of this.fields) field.value = text[field.name];
    }

    same(one, other) {
      // The browser sends line ends as CRLF; the server gives back what it got.
      const plain = (text) => text.replaceAll("\r\n", "\n").trim();
      return this.fields.every(({ name }) => plain(one[name]) === plain(other[name]));
    }

    isUnsaved() {
      return !this.same(this.text(), this.saved);
    }

    restore() {
      const kept = sessionStorage.getItem(this.key);
      if (kept === null) return;
      const { text, version } = JSON.parse(kept);
      if (this.same(text, this.saved)) {
        sessionStorage.removeItem(this.key);
        return;
      }
      const theirs = this.saved;
      this.fill(text);
      if (version === this.version.value) {
        this.say("Uw tekst van zojuist staat er weer.");
        this.later(0);
      } else {
        this.show({ ...theirs, version: this.version.value, by: "Iemand anders" });
      }
    }

    typed() {
      this.keep();
      this.say("Nog niet bewaard");
      this.since ??= Date.now();
      if (!this.isClashing) this.later(Math.max(0, Math.min(PAUSE, this.since + LONGEST - Date.now())));
    }

    keep() {
      sessionStorage.setItem(this.key, JSON.stringify({ text: this.text(), version: this.version.value }));
    }

    later(pause) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), pause);
    }

    async save() {
      clearTimeout(this.timer);
      if (this.isSending || this.isClashing || !this.isUnsaved()) return;
      this.isSending = true;
      const sent = this.text();
      try {
        await this.send(sent);
      } catch {
        this.say("Geen verbinding. Uw tekst staat nog in dit venster; wij proberen het opnieuw.");
        this.later(RETRY);
      } finally {
        this.isSending = false;
      }
      if (this.isUnsaved() && this.timer === null) this.later(PAUSE);
    }

    async send(sent) {
      this.timer = null;
      const body = new FormData(this.form);
      body.set("submission", newToken());
      const answer = await fetch(this.form.action, {
        method: "POST",
        body: new URLSearchParams(body),
        headers: { accept: "application/json" },
        redirect: "manual",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (answer.type === "opaqueredirect" || answer.status === 403) {
        this.say("U bent uitgelogd. Log in een ander tabblad in; uw tekst staat nog in dit venster.");
        this.later(RETRY);
        return;
      }
      if (answer.status >= 500) throw new Error(String(answer.status));
      const found = await answer.json();
      if (answer.ok) this.confirm(sent, found);
      else if (answer.status === 409) this.show(found);
      else this.say(found.reasons.join(" "));
    }

    confirm(sent, { version, at }) {
      this.saved = sent;
      this.version.value = version;
      this.since = null;
      if (this.isUnsaved()) this.keep();
      else sessionStorage.removeItem(this.key);
      this.say(`Bewaard om ${at}`);
    }

    show(theirs) {
      this.isClashing = true;
      this.theirs = theirs;
      this.clash.querySelector("[data-clash-by]").textContent = theirs.by;
      for (const { name } of this.fields) {
        this.clash.querySelector(`[data-theirs="${name}"]`).textContent = theirs[name] || "(leeg)";
      }
      this.clash.querySelector("[data-clash-buttons]").hidden = false;
      this.clash.hidden = false;
      this.say("Niet bewaard: kies welke tekst blijft.");
    }

    settle() {
      // From now on the writer has seen the other text.
      this.version.value = this.theirs.version;
      if (this.isUnsaved()) this.keep();
      else sessionStorage.removeItem(this.key);
      this.isClashing = false;
      this.clash.hidden = true;
      this.say("");
      this.fields[0].focus();
      this.save();
    }

    say(words) {
      this.state.textContent = words;
    }
  }

  function newToken() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  // Who speaks or types by other means than keys can turn single letters off; this browser remembers it.
  function choiceOfKeys() {
    const choice = document.querySelector("[data-keys]");
    const box = choice.querySelector("input");
    choice.hidden = false;
    box.checked = localStorage.getItem("lvv-toetsen") !== "uit";
    box.addEventListener("change", () => localStorage.setItem("lvv-toetsen", box.checked ? "aan" : "uit"));
    return box;
  }

  function keys(minutes) {
    const letters = choiceOfKeys();
    const goTo = (selector) => document.querySelector(selector)?.focus();
    const decision = "#besluit :is(input:not([type=hidden]), select, textarea)";
    // Not before the browser went to the place in the address: that takes the focus away, and happens in the first frame
    // after the page is loaded.
    const afterFirstFrame = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
    if (location.hash === "#besluiten") window.addEventListener("load", () => afterFirstFrame(() => goTo(decision)));
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s" && minutes) {
        event.preventDefault();
        minutes.save();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.matches("input, textarea, select")) {
        if (event.key === "Escape") event.target.blur();
        return;
      }
      if (!letters.checked) return;
      if (event.key === "v") goTo("[data-autosave] textarea");
      else if (event.key === "b") goTo(document.querySelector(decision) ? decision : ".lvv-room__choices a");
      else if (/^[np1-9]$/.test(event.key)) document.querySelector(`[aria-keyshortcuts="${event.key}"]`)?.click();
      else return;
      event.preventDefault();
    });
  }

  // The screen for the room follows the chair, when both are windows of one browser.
  function follow() {
    if (!("BroadcastChannel" in window)) return;
    const channel = new BroadcastChannel("lvv-zaal");
    const room = document.querySelector("[data-room]");
    const wall = document.querySelector("[data-wall]");
    if (room) channel.postMessage({ meeting: room.dataset.room, point: room.dataset.point });
    if (wall) {
      channel.addEventListener("message", ({ data }) => {
        if (data.meeting === wall.dataset.wall) location.replace(`?punt=${data.point}`);
      });
    }
  }

  const written = [...document.querySelectorAll("[data-autosave]")].map((form) => new Minutes(form));
  if (document.querySelector("[data-room]")) keys(written[0]);
  follow();
})();
