// Shows what /api/live tells. Text of tickets is only ever set as text, never as markup.
"use strict";

const by = (id) => document.getElementById(id);
const put = (id, text) => { if (by(id).textContent !== String(text)) by(id).textContent = text; };

let look = null; // what was told last
let told = 0; // when, by the clock of this page: only spans of it are used, for it may be wrong

// --- values as people read them

function age(since, now) {
  if (!since) return "";
  const seconds = Math.max(0, Math.round((now - new Date(since)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

function milliseconds(value) {
  if (value >= 10000) return `${(value / 1000).toFixed(0)} s`;
  return value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}

function number(value) {
  return value.toLocaleString("en").replaceAll(",", "\u202f");
}

// a sentence of the daemon, with its commands set as such
function sentence(text) {
  if (by("sentence").textContent === text.replaceAll("`", "")) return;
  by("sentence").replaceChildren(...text.split("`").map((part, index) => (index % 2 ? element("code", "", part) : part)));
}

function reason(text) {
  const made = element("div", "clamp", text);
  made.title = text;
  return made;
}

function shown(value) {
  if (value === null || value === "") return "nothing";
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  return text.length > 80 ? `“${text.slice(0, 79)}…”` : `“${text}”`;
}

// --- pieces of the page

function element(tag, name, ...parts) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...parts);
  return made;
}

function cell(name, ...parts) {
  return element("td", name, ...parts);
}

function ticket(one) {
  if (!one) return "–";
  const label = one.label || one.ref;
  if (!/^https?:\/\//.test(one.url || "")) return label;
  const link = element("a", "", label);
  link.href = one.url;
  link.target = "_blank";
  link.rel = "noreferrer noopener";
  return link;
}

function rows(id, made) {
  const body = by(id).querySelector("tbody");
  const titles = [...by(id).querySelectorAll("th")].map((th) => th.textContent);
  made.forEach((cells, index) => {
    cells.forEach((td, column) => { td.dataset.title = titles[column]; });
    const row = element("tr", "", ...cells);
    const old = body.rows[index];
    if (!old) body.append(row);
    else if (!old.isEqualNode(row)) old.replaceWith(row); // else it stays, with what a person has selected in it
  });
  while (body.rows.length > made.length) body.lastElementChild.remove();
  by(id).hidden = made.length === 0;
  by(`${id}-empty`).hidden = made.length > 0;
}

function quotas(list) {
  if (!list.length) return [element("span", "soft", "no limit told")];
  return list.map((quota) => {
    const left = Math.max(0, Math.min(1, quota.remaining / Math.max(1, quota.limit)));
    const bar = element("meter", left < 0.1 ? "low" : "");
    bar.max = 1;
    bar.value = left;
    return element("div", "limit", bar, `${number(quota.remaining)} of ${number(quota.limit)} `, element("span", "soft", quota.name));
  });
}

function tile(id, count, since, now) {
  put(id, number(count));
  by(id).parentElement.classList.toggle("some", count > 0);
  if (by(`${id}-since`)) put(`${id}-since`, count > 0 && since ? `for ${age(since, now)}` : "");
}

// --- what waits

function waits(look, now) {
  return [
    ...look.pauses.map((pause) => [
      cell("what", `${pause.scope} `, element("b", "", pause.name), " is paused"),
      cell("why", reason(pause.reason)), cell("when", age(pause.since, now)), cell("", element("code", "", pause.remedy)),
    ]),
    ...look.conflicts.map((one) => [
      cell("what", ticket(one.link.support), ` field ${one.field}`),
      cell("why", `both sides changed it: ${shown(one.now.support)} on the ticket, ${shown(one.now.engineering)} on the issue`),
      cell("when", age(one.at, now)), cell("", element("code", "", one.remedy)),
    ]),
    ...look.parked.map((item) => [
      cell("what", ...(item.link ? [ticket(item.link.support), " "] : []), `${item.scope} ${item.item}`),
      cell("why", reason(item.reason)),
      cell("when", age(item.since, now)),
      cell("", element("code", "", item.remedy), ...(item.next_try ? [element("div", "soft", `tried again ${soon(item.next_try, now)}`)] : [])),
    ]),
    ...unheard(look).map((one) => [
      cell("what", "webhooks of ", element("b", "", one.name)),
      cell("why", reason(one.webhooks.problem)), cell("when", ""), cell("", remedy(one.webhooks.remedy)),
    ]),
    ...(look.waiting.bad_deliveries ? [[
      cell("what", "deliveries"),
      cell("why", `${number(look.waiting.bad_deliveries)} that cannot be read; kept, and polling finds the changes`),
      cell("when", ""), cell("", "a look at the vendor’s webhook settings"),
    ]] : []),
  ];
}

function unheard(look) {
  return look.connections.filter((one) => one.webhooks && one.webhooks.problem);
}

function remedy(text) {
  return text.startsWith("syncd ") ? element("code", "", text) : text.replaceAll("`", "");
}

function soon(moment, now) {
  return new Date(moment) <= now ? "now" : `in ${age(now, new Date(moment))}`;
}

function waitCount(look) {
  const parked = Math.max(look.parked.length, Object.values(look.waiting.parked).reduce((sum, one) => sum + one, 0));
  return look.pauses.length + Math.max(look.conflicts.length, look.waiting.conflicts) + parked + unheard(look).length + (look.waiting.bad_deliveries ? 1 : 0);
}

function some(count, all) {
  if (!all) return "";
  return count < all ? `${number(count)} of ${number(all)}` : number(all);
}

// --- the page

function show() {
  if (!look) return;
  document.querySelector("main").hidden = false; // not before there is something to say
  const now = new Date(new Date(look.at).getTime() + performance.now() - told);
  sentence(look.sentence);
  by("top").className = !look.works ? "bad" : look.needs_person ? "wait" : "good";
  document.title = !look.works ? "⚠ syncd" : look.needs_person ? "• syncd" : "syncd";
  tile("converged", look.counts.converged);
  tile("behind", look.counts.behind, look.counts.behind_since, now);
  tile("diverged", look.counts.diverged, look.counts.diverged_since, now);
  tile("watched", look.counts.watched);
  put("p50", look.delay?.count ? milliseconds(look.delay.p50) : "–");
  put("p99", look.delay?.count ? milliseconds(look.delay.p99) : "–");
  put("count", look.delay?.count ? `of ${number(look.delay.count)} writes` : "");
  const waiting = waits(look, now);
  put("waiting-count", some(waiting.length, waitCount(look)));
  rows("waiting", waiting);
  rows("connections", look.connections.map((one) => [
    cell("", element("b", "", one.name)), cell("short", one.connector),
    cell("when", one.last_poll ? `${age(one.last_poll, now)} ago` : "never"), cell("quota", ...quotas(one.quotas)),
    cell("why", ...standing(one)),
  ]));
  const { linked, watched, held, parked, resting } = look.counts;
  put("links-count", some(look.links.length, linked + watched + held + parked + resting));
  rows("links", look.links.map((one) => [
    cell("", ticket(one.support)), cell("", ticket(one.engineering)),
    cell("", element("span", `state ${one.state}`, one.state), ...(one.detail ? [element("div", "soft clamp", one.detail)] : [])),
    cell("when", age(one.since, now)), cell("", one.rule || "–"),
  ]));
}

function standing(one) {
  if (one.paused) return [element("span", "state diverged", "paused"), ...(one.problem ? [element("div", "soft", one.problem)] : [])];
  if (one.problem) return [element("span", "state diverged", one.problem)];
  if (!one.last_poll) return [element("span", "soft", "not read yet")];
  if (one.ending) return [element("span", "state behind", one.ending)];
  return [element("span", "state converged", "good")];
}

function lost(word) {
  put("live", word);
  by("live").classList.toggle("lost", word !== "live");
  document.body.classList.toggle("stale", word !== "live");
}

function listen() {
  const source = new EventSource("/api/live");
  source.onopen = () => lost("live");
  source.onmessage = (event) => { look = JSON.parse(event.data); told = performance.now(); lost("live"); show(); };
  source.addEventListener("down", (event) => lost(event.data));
  source.onerror = () => {
    lost("connection lost, trying again");
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000); // a proxy's error page ends it for good
  };
}

listen();
setInterval(show, 1000);
