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
  tellDays(within.closest?.(".days") ?? within);
}

const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const weekdayOld = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

function tellDays(within) {
  // A list says each day once, as its reader's zone has it; what stands in it then says the time alone.
  const lists = within.matches?.(".days") ? [within] : within.querySelectorAll(".days");
  const today = new Date();
  for (const list of lists) {
    let before = "";
    for (const item of list.querySelectorAll(":scope > [data-item]")) {
      const time = item.querySelector(":scope > .when time[datetime]");
      if (time === null) continue;
      const at = new Date(time.dateTime);
      const day = at.toDateString();
      if (day !== before) {
        const near = Math.abs(today - at) < 300 * 86_400_000;
        item.dataset.day = day === today.toDateString() ? "Today" : (near ? weekday : weekdayOld).format(at);
      }
      time.textContent = short.format(at);
      before = day;
    }
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
  const headers = mark === null ? {} : { "X-Mark": mark };
  const answer = await fetch(location.href, { headers }).catch(() => null);
  if (answer === null || !answer.ok) return;
  const read = new DOMParser().parseFromString(await answer.text(), "text/html");
  const renewed = read.getElementById("live");
  if (renewed === null) return;
  const here = live.querySelector("[data-item].here a.headline");
  live.replaceWith(document.adoptNode(renewed));
  tellTimes(renewed);
  if (here !== null) { // who goes through the list with keys stays where they are
    const same = renewed.querySelector(`a.headline[href="${CSS.escape(here.getAttribute("href"))}"]`);
    if (same !== null) same.closest("[data-item]").classList.add("here");
  }
  if (window.htmx) window.htmx.process(renewed);
  fresh.hidden = true;
}

function heard(event) {
  const before = mark;
  mark = event.data;
  const live = document.querySelector("[data-live]");
  if (before === null || live === null) return;
  const [stories, arrivals] = before.split(".");
  const [storiesNow, arrivalsNow] = mark.split(".");
  if (live.dataset.live === "arrivals" ? arrivals === arrivalsNow : stories === storiesNow) return;
  if (busy(live)) {
    fresh.hidden = false;
    document.getElementById("said").textContent = "There is something new.";
  } else {
    renew();
  }
}

// ── the monitor, gone and back ──
const lost = document.getElementById("lost");
const loaded = new Date();
let patience = null;

function gone() {
  if (patience === null) patience = setTimeout(sayGone, 4_000); // a connection ends now and then, and is there again
  if (source !== null && source.readyState === EventSource.CLOSED) { // it was refused: browsers do not ask again
    source = null;
    setTimeout(listen, 5_000);
  }
}

async function sayGone() {
  const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
  if (answer !== null && answer.ok) { patience = null; return; } // it answers: it has no place for one more listener
  lost.textContent = answer !== null && answer.status === 401
    ? "You are logged out: load the page anew."
    : `The monitor does not answer. What you see is from ${short.format(loaded)}; the page goes on when it is back.`;
  lost.hidden = false;
}

function back() {
  clearTimeout(patience);
  patience = null;
  if (lost.hidden) return;
  lost.hidden = true;
  const live = document.querySelector("[data-live]");
  if (live !== null && !busy(live)) renew();
}

function listen() {
  // A hidden page holds no connection: browsers grant a site six of them.
  if (document.hidden || document.querySelector("[data-live]") === null) {
    if (source !== null) source.close();
    source = null;
  } else if (source === null) {
    source = new EventSource("/live");
    source.addEventListener("mark", heard);
    source.addEventListener("open", back);
    source.addEventListener("error", gone);
  }
}

// ── the editor ──
const editor = document.querySelector("form.editor");

function underline(area) {
  // What is meant by a problem is underlined where it stands: a text of the same size lies under what is typed.
  const under = area.parentElement.querySelector(".under");
  const letters = Array.from(area.value); // places are counted in characters, not in UTF-16
  const spots = [...document.querySelectorAll(`#said-${area.name} .problem:has([data-goto])`)].map((one) => ({
    from: Number(one.dataset.offset), to: Number(one.dataset.offset) + Math.max(Number(one.dataset.length), 1),
    bad: one.classList.contains("bad"),
  })).sort((one, other) => one.from - other.from);
  const made = [];
  let end = 0;
  for (const spot of spots) {
    if (spot.from < end || spot.from > letters.length) continue;
    made.push(letters.slice(end, spot.from).join(""));
    const mark = document.createElement("u");
    mark.className = spot.bad ? "bad" : "doubt";
    mark.textContent = letters.slice(spot.from, spot.to).join("") || " ";
    made.push(mark);
    end = spot.to;
  }
  under.replaceChildren(...made, letters.slice(end).join(""), "\n");
  under.scrollTop = area.scrollTop;
}

function goTo(problem) {
  const area = document.getElementById(problem.dataset.part);
  const before = Array.from(area.value).slice(0, Number(problem.dataset.offset)).join("").length;
  area.focus();
  area.setSelectionRange(before, before + Math.max(Number(problem.dataset.length), 1));
}

function tellAdded() {
  const added = document.getElementById("added").value;
  const shown = document.getElementById("with");
  const words = [];
  for (const [name, rows] of Object.entries(added ? JSON.parse(added) : {})) {
    for (const [row, terms] of Object.entries(rows)) words.push(`@${name}${row === "any" ? "" : ` ${row}`}: ${terms.join(", ")}`);
  }
  shown.hidden = words.length === 0;
  shown.querySelector("span").textContent = words.join("; ");
}

function put(given) {
  for (const name of ["query", "exclude"]) document.getElementById(name).value = given[name];
  document.getElementById("added").value = Object.keys(given.added).length ? JSON.stringify(given.added) : "";
  tellAdded();
  editor.dispatchEvent(new Event("input", { bubbles: true }));
  document.getElementById("query").focus();
}

if (editor !== null) {
  const areas = [...editor.querySelectorAll(".write textarea")];
  tellAdded();
  for (const area of areas) {
    area.addEventListener("input", () => underline(area));
    area.addEventListener("scroll", () => { area.parentElement.querySelector(".under").scrollTop = area.scrollTop; });
  }
  document.body.addEventListener("htmx:oobAfterSwap", () => { for (const area of areas) underline(area); });
  editor.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button === null) return;
    if ("goto" in button.dataset) goTo(button.closest(".problem"));
    if ("use" in button.dataset) put(JSON.parse(button.dataset.use));
    if ("without" in button.dataset) {
      document.getElementById("added").value = "";
      tellAdded();
      editor.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
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

const help = document.getElementById("help");

function pressed(event) {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape" && typing) typing.blur();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && editor !== null && editor.contains(event.target)) {
    editor.requestSubmit(editor.querySelector("button.first"));
  }
  if (help.open) return;
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
    case "v": { const out = item && item.querySelector("a.out"); if (out) out.click(); break; }
    case "u": if (!fresh.hidden) fresh.querySelector("button").click(); break;
    case "?": help.showModal(); break;
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
for (const one of document.querySelectorAll("[data-help]")) one.addEventListener("click", () => help.showModal());
