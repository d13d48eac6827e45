// Shows what /api/live tells. Text of tickets is only ever set as text, never as markup.
"use strict";

const by = (id) => document.getElementById(id);
const put = (id, text) => { by(id).textContent = text; };

function age(since, now) {
  if (!since) return "";
  const seconds = Math.max(0, Math.round((new Date(now) - new Date(since)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

function milliseconds(value) {
  if (value >= 10000) return `${(value / 1000).toFixed(0)} s`;
  return value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}

function cell(content, name) {
  const td = document.createElement("td");
  if (name) td.className = name;
  for (const part of [].concat(content ?? "")) td.append(part);
  return td;
}

function element(tag, text, name) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function ticket(one) {
  if (!one) return "–";
  const label = one.label || one.ref;
  if (!/^https?:\/\//.test(one.url || "")) return label;
  const link = element("a", label);
  link.href = one.url;
  link.rel = "noreferrer noopener";
  return link;
}

function rows(id, items, make) {
  const body = by(id).querySelector("tbody");
  body.replaceChildren(...items.map((item) => {
    const row = document.createElement("tr");
    row.append(...make(item));
    return row;
  }));
  const empty = by(`${id}-empty`);
  if (empty) { empty.hidden = items.length > 0; by(id).hidden = items.length === 0; }
}

function quotas(list) {
  if (!list.length) return "no limit told";
  return list.flatMap((quota) => {
    const bar = element("span", "", "bar");
    const fill = document.createElement("i");
    fill.style.width = `${Math.max(0, Math.min(100, (100 * quota.remaining) / Math.max(1, quota.limit)))}%`;
    bar.append(fill);
    return [bar, `${quota.remaining} of ${quota.limit} `, element("span", quota.name, "count"), document.createElement("br")];
  });
}

function tile(id, count, since, now) {
  put(id, count);
  by(id).parentElement.classList.toggle("some", count > 0);
  if (by(`${id}-since`)) put(`${id}-since`, count > 0 && since ? `since ${age(since, now)}` : "");
}

function show(look) {
  const now = look.at;
  put("sentence", look.sentence);
  by("lamp").className = `lamp ${!look.works ? "bad" : look.needs_person ? "wait" : "good"}`;
  document.title = look.works ? "syncd" : "⚠ syncd";
  tile("converged", look.counts.converged);
  tile("behind", look.counts.behind, look.counts.behind_since, now);
  tile("diverged", look.counts.diverged, look.counts.diverged_since, now);
  tile("watched", look.counts.watched);
  put("p50", look.delay.count ? milliseconds(look.delay.p50) : "–");
  put("p99", look.delay.count ? milliseconds(look.delay.p99) : "–");
  put("count", look.delay.count ? `of ${look.delay.count} writes` : "");
  put("parked-count", look.parked.length || "");
  rows("parked", look.parked, (item) => [
    cell([ticket(item.link && item.link.support), ` ${item.scope} ${item.item}`]),
    cell(item.reason),
    cell(item.next_try ? `again in ${age(now, item.next_try)}` : age(item.since, now), "when"),
    cell(element("code", item.remedy)),
  ]);
  rows("connections", look.connections, (one) => [
    cell(one.name), cell(one.connector), cell(one.last_poll ? `${age(one.last_poll, now)} ago` : "never", "when"),
    cell(quotas(one.quotas), "quota"), cell(one.problem || (one.paused ? "paused" : "")),
  ]);
  rows("links", look.links, (one) => [
    cell(ticket(one.support)), cell(ticket(one.engineering)), cell(element("span", one.state, `state ${one.state}`)),
    cell(age(one.since, now), "when"), cell(one.rule),
  ]);
}

function listen() {
  const source = new EventSource("/api/live");
  source.onopen = () => { put("live", "live"); by("live").classList.remove("lost"); };
  source.onmessage = (event) => show(JSON.parse(event.data));
  source.onerror = () => { put("live", "connection lost, trying again"); by("live").classList.add("lost"); };
}

listen();
