const language = document.documentElement.lang;
const locale = (navigator.languages || []).find(tag => tag.split("-")[0] === language) || language;
const plain = { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit" };
const zoned = { ...plain, timeZoneName: "short" };
for (const time of document.querySelectorAll("time")) {
  time.title = time.textContent;
  const how = time.closest("ol, ul") ? plain : zoned;
  time.textContent = new Intl.DateTimeFormat(locale, how).format(new Date(time.dateTime));
}
