// What the page does where scripts run: times in the reader's zone, keys, and news without a reload.
"use strict";

// ── times ──
const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dated = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const old = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function tellTimes(within) {
  const now = new Date();
  for (const one of within.querySelectorAll("time[datetime]")) {
    const at = new Date(one.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const today = at.toDateString() === now.toDateString();
    const near = Math.abs(now - at) < 300 * 86_400_000;
    one.textContent = (today ? short : near ? dated : old).format(at);
    one.title = whole.format(at);
  }
}

// ── news ──
const fresh = document.getElementById("fresh");
let mark = null;
let source = null;

function busy(live) {
  const selection = document.getSelection();
  return live.contains(document.activeElement) || live.querySelector("details[open]") !== null ||
    (selection !== null && !selection.isCollapsed) || window.scrollY > 300;
}

async function renew() {
  const live = document.getElementById("live");
  if (live === null) return;
  const answer = await fetch(location.href, { headers: { "X-Requested-With": "page" } }).catch(() => null);
  if (answer === null || !answer.ok) return;
  const read = new DOMParser().parseFromString(await answer.text(), "text/html");
  const renewed = read.getElementById("live");
  if (renewed === null) return;
  live.replaceWith(document.adoptNode(renewed));
  tellTimes(renewed);
  if (window.htmx) window.htmx.process(renewed);
  fresh.hidden = true;
}

function heard(event) {
  const first = mark === null;
  const changed = mark !== event.data;
  mark = event.data;
  if (first || !changed) return;
  const live = document.querySelector("[data-live]");
  if (live === null) return;
  if (busy(live)) {
    fresh.hidden = false;
    document.getElementById("said").textContent = "There is something new.";
  } else {
    renew();
  }
}

function listen() {
  // A hidden page holds no connection: browsers grant a site six of them.
  if (document.hidden || document.querySelector("[data-live]") === null) {
    if (source !== null) source.close();
    source = null;
  } else if (source === null) {
    source = new EventSource("/live");
    source.addEventListener("mark", heard);
  }
}

// ── keys ──
let going = false;

function step(by) {
  const items = [...document.querySelectorAll("[data-item]")];
  const here = items.findIndex((one) => one.classList.contains("here"));
  const next = items[Math.min(Math.max(here + by, 0), items.length - 1)];
  if (next === undefined) return;
  for (const one of items) one.classList.remove("here");
  next.classList.add("here");
  next.scrollIntoView({ block: "nearest" });
  const link = next.querySelector("a.headline");
  if (link !== null) link.focus({ preventScroll: true });
}

function pressed(event) {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape" && typing) typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (going) {
    going = false;
    const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
    if (link !== null) link.click();
    return;
  }
  const item = document.querySelector("[data-item].here");
  switch (event.key) {
    case "/": document.getElementById("find").focus(); event.preventDefault(); break;
    case "g": going = true; setTimeout(() => { going = false; }, 1000); break;
    case "j": step(1); break;
    case "k": step(-1); break;
    case "o": if (item !== null) item.querySelector("a.headline").click(); break;
    case "w": if (item !== null) for (const one of item.querySelectorAll("details")) one.open = !one.open; break;
    default:
  }
}

tellTimes(document);
document.addEventListener("keydown", pressed);
document.addEventListener("visibilitychange", listen);
document.body.addEventListener("htmx:afterSwap", (event) => tellTimes(event.detail.target));
fresh.querySelector("button").addEventListener("click", () => { window.scrollTo(0, 0); renew(); });
listen();
if (document.querySelector("[data-slow]") !== null) {
  setInterval(() => { if (!document.hidden && !busy(document.getElementById("live"))) renew(); }, 30_000);
}
