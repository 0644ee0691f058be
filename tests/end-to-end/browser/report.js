// SPDX-License-Identifier: Apache-2.0
// report.js - opens reports in a real browser: filters, deep links, every fact once, hostile text, nothing fetched.
// Usage: node report.js WORK CHROMIUM [RUN...]; WORK holds flaw/, hostile/, postfix/ (if it was played), matrix.html, big.html
import {existsSync, mkdirSync, readFileSync, statSync} from "node:fs";
import Ajv from "ajv/dist/2020.js";
import {createRequire} from "node:module";
import {chromium} from "playwright-core";
import {finish, is, note, ok} from "./check.js";

const [,, work, executablePath, pictures] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const result = (run) => JSON.parse(readFileSync(`${work}/${run}/result.json`, "utf8"));
const browser = await chromium.launch({executablePath, args: ["--no-sandbox"]});
mkdirSync(pictures, {recursive: true});

// A page that counts what it must never do.
async function open(file, hash = "", options = {}) {
	const context = await browser.newContext({viewport: {width: 1400, height: 900}, ...options});
	const page = await context.newPage();
	page.trouble = [];
	page.on("console", (m) => ["error", "warning"].includes(m.type()) && page.trouble.push(m.text()));
	page.on("pageerror", (e) => page.trouble.push(e.message));
	page.on("dialog", (d) => { page.trouble.push(`dialog: ${d.message()}`); d.dismiss(); });
	page.on("request", (r) => r.url().split("#")[0] !== `file://${work}/${file}` && page.trouble.push(`asks for ${r.url()}`));
	const began = performance.now();
	await page.goto(`file://${work}/${file}${hash}`);
	await page.locator("main h1").waitFor();
	page.took = Math.round(performance.now() - began);
	return page;
}

async function close(page, what) {
	is(`${what}: no console error, no request, no dialog`, page.trouble, []);
	await page.context().close();
}

async function accessible(page, what) {
	await page.evaluate(axe); // as the debugger runs it, so that the page's policy stays as it is
	const found = await page.evaluate(() => globalThis.axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}));
	is(`${what}: nothing that axe finds`, found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 3)}`), []);
}

const counted = async (page) => Number((await page.locator(".count").textContent()).match(/\d+/)[0]);

// Facts of a scenario as the run has them: "source:number", by whether they are DNS.
function factsOf(run, name) {
	const lines = readFileSync(`${work}/${run}/facts.jsonl`, "utf8").trim().split("\n").map((l) => JSON.parse(l));
	const s = lines.find((l) => l.scenario?.name === name).scenario;
	const legs = new Set([s.attack, s.control].filter(Boolean).map((leg) => leg.leg));
	const facts = lines.filter((l) => l.fact && legs.has(l.leg));
	const ids = (list) => list.map((f) => `${f.from}:${f.n}`).sort();
	return {all: ids(facts), other: ids(facts.filter((f) => !f.fact.startsWith("dns-"))), lines: facts};
}

async function everyFactOnce(page, run, name) {
	const shown = await page.locator("svg [data-fact]").evaluateAll((nodes) => nodes.map((n) => n.dataset.fact));
	const facts = factsOf(run, name);
	const known = new Set(facts.all);
	ok(`${name}: there are facts to show`, facts.other.length > 20);
	is(`${name}: every arrow and mark is a fact of the run`, shown.filter((f) => !known.has(f)), []);
	const others = new Set(facts.other);
	is(`${name}: every fact that is not DNS appears once`, shown.filter((f) => others.has(f)).sort(), facts.other);
	return facts;
}

async function overview(run, title) {
	const r = result(run);
	const page = await open(`${run}/report.html`);
	const tiles = await page.locator(".tile").allInnerTexts();
	is(`${title}: the tiles say what result.json says`, tiles.map((t) => [t.match(/[a-z]+/)[0], Number(t.match(/\d+/)[0])]).sort(),
		Object.entries(r.summary).sort());
	is(`${title}: all scenarios are listed`, await counted(page), r.scenarios.length);
	await page.screenshot({path: `${pictures}/${run}-overview.png`});
	const order = ["violated", "unclear", "honored", "recorded", "skipped"];
	const seen = (await page.locator(".row .verdict").allInnerTexts()).map((text) => order.findIndex((v) => text.endsWith(v)));
	ok(`${title}: what one looks for comes first`, seen.length > 5 && seen.every((v, i) => v >= 0 && (i === 0 || seen[i - 1] <= v)), seen.join());
	const covered = new Map();
	r.scenarios.filter((s) => s.verdict === "violated").flatMap((s) => s.covers).forEach((id) => covered.set(id, (covered.get(id) ?? 0) + 1));
	is(`${title}: rules behind the violations are counted`, await page.locator(".behind li .number").allTextContents(), [...covered.values()].sort((x, y) => y - x).slice(0, 6).map(String));
	for (const verdict of ["violated", "recorded"]) {
		await page.check(`.filters input[value=${verdict}]`);
		is(`${title}: filtered by ${verdict}`, await counted(page), r.summary[verdict]);
		await page.uncheck(`.filters input[value=${verdict}]`);
	}
	const family = r.scenarios[0].family;
	await page.selectOption("select[name=family]", family);
	is(`${title}: filtered by family ${family}`, await counted(page), r.scenarios.filter((s) => s.family === family).length);
	await page.selectOption("select[name=family]", "");
	await page.keyboard.press("Escape");
	await page.keyboard.press("/");
	await page.keyboard.type("STRIP");
	is(`${title}: searched by a word`, await counted(page), r.scenarios.filter((s) => `${s.name} ${s.title} ${s.covers.join(" ")}`.toLowerCase().includes("strip")).length);
	ok(`${title}: the search stands in the address`, page.url().endsWith("#/?q=STRIP"), page.url());
	await accessible(page, `${title}, overview`);
	const first = await page.locator(".row b").first().textContent();
	await page.locator(".row").first().click();
	is(`${title}: a click opens the scenario`, await page.locator("h1").textContent(), first);
	await page.keyboard.press("u");
	is(`${title}: and back the search is still there`, await page.inputValue("input[type=search]"), "STRIP");
	await close(page, title);
}

async function scenario(run, name, title) {
	const page = await open(`${run}/report.html`, `#/${name}`);
	is(`${title}: a deep link leads to the scenario`, await page.locator("h1").textContent(), name);
	const s = result(run).scenarios.find((x) => x.name === name);
	is(`${title}: its verdict is shown`, await page.locator(".title .verdict").textContent(), `${{honored: "✓", violated: "✗"}[s.verdict]}${s.verdict}`);
	is(`${title}: and a line for each step`, await page.locator(".steps tbody tr").count(), s.steps.length);
	const facts = await everyFactOnce(page, run, name);
	const changed = facts.lines.filter((f) => f.fact === "reply" && f.changed).length;
	is(`${title}: lines that were changed are marked`, await page.locator(".dialogue li.changed").count(), changed);
	is(`${title}: no other lines are`, await page.locator(".dialogue li:not(.changed, .withheld, .rewritten) :is(ins, del)").count(), 0);
	ok(`${title}: the attack's move is drawn where it met`, await page.locator("svg .move:not(.neutral)").count() > 1);
	ok(`${title}: the words of explain are there`, (await page.locator(".words").textContent()).includes("The man in the middle"));
	ok(`${title}: and the line that plays it again`, (await page.locator(".again code").textContent()).includes(`run --select ${name}`));
	await accessible(page, `${title}, scenario`);
	await page.screenshot({path: `${pictures}/${run}-scenario.png`, fullPage: true});
	await close(page, `${title}, scenario`);
}

// In each marked line, what is not marked as come in is what was said, and what is not marked as gone is what went on.
async function markedLines(run, name, marks) {
	const title = `marks of ${name}`;
	const page = await open(`${run}/report.html`, `#/${name}`);
	const facts = factsOf(run, name).lines.filter((f) => (f.fact === "reply" && f.changed) || ["withheld", "rewritten"].includes(f.fact));
	const shown = await page.locator(".dialogue li:is(.changed, .withheld, .rewritten) .line").evaluateAll((nodes) => nodes.map((n) => {
		const without = (tag) => [...n.childNodes].filter((c) => c.nodeName !== tag).map((c) => c.textContent).join("");
		return {line: without("DEL"), was: without("INS"), marks: [...n.querySelectorAll("ins, del")].map((m) => `${m.nodeName === "INS" ? "+" : "-"}${m.textContent}`)};
	}));
	const told = facts.map((f) => f.fact === "withheld" ? ["", f.line] : [f.line, f.was ?? ""]);
	is(`${title}: every changed line, as it was and as it went on`, shown.map((s) => [s.line, s.was]).sort(), told.sort());
	for (const mark of marks)
		ok(`${title}: ${mark}`, shown.some((s) => s.marks.join(" ") === mark), JSON.stringify(shown));
	await page.locator(".dialogue").first().screenshot({path: `${pictures}/marks-${name.replaceAll("/", "-")}.png`});
	await close(page, title);
}

// A fact that is missing, or there twice, must be noticed.
async function canFail(run, name) {
	const page = await open(`${run}/report.html`, `#/${name}`);
	const facts = factsOf(run, name);
	const shown = await page.locator("svg [data-fact]").evaluateAll((nodes) => { nodes.find((n) => !n.classList.contains("dns")).remove(); return 0; })
		.then(() => page.locator("svg [data-fact]:not(.dns)").count());
	ok("a fact that is left out would be noticed", shown === facts.other.length - 1);
	await page.context().close();
}

async function hostile() {
	const page = await open("hostile/report.html");
	is("hostile text: the title is the report's own", await page.title(), `${result("hostile").client.name} - mitmx`);
	await page.locator(".row").first().click();
	const text = await page.locator("main").innerText();
	ok("hostile text: markup is shown as text", text.includes("<script>") && text.includes("<img src=x"), text.slice(0, 300));
	ok("hostile text: control bytes are shown by their signs", text.includes("␛[31m"));
	is("hostile text: no element came of it", await page.locator("main script, main img").count(), 0);
	await close(page, "hostile text");
}

async function policy() {
	const page = await open("flaw/report.html");
	const blocked = await page.evaluate(async () => {
		const tried = [];
		addEventListener("securitypolicyviolation", (e) => tried.push(e.violatedDirective));
		const image = new Image();
		image.src = "https://192.0.2.1/x.png";
		await fetch("https://192.0.2.1/").catch(() => 0);
		const script = document.createElement("script");
		script.textContent = "globalThis.ran = true";
		document.body.append(script);
		await new Promise((r) => setTimeout(r));
		return {tried: [...new Set(tried)].sort(), ran: globalThis.ran === true};
	});
	ok("the page's policy stops images, requests and foreign scripts", !blocked.ran && ["connect-src", "img-src", "script-src-elem"].every((d) => blocked.tried.includes(d)), JSON.stringify(blocked));
	await page.context().close();
}

async function matrix() {
	const page = await open("matrix.html");
	const [a, b] = [result("flaw"), result("honest")];
	const of = new Map(b.scenarios.map((s) => [s.name, s.verdict]));
	const differ = a.scenarios.filter((s) => of.get(s.name) !== s.verdict).length;
	const split = a.scenarios.filter((s) => [s.verdict, of.get(s.name)].sort().join() === "honored,violated" || [s.verdict, of.get(s.name)].sort().join() === "recorded,violated");
	is("matrix: what differs is counted", await page.locator(".note").first().textContent(),
		`${differ} of ${a.scenarios.length} scenarios did not end alike; ${split.length} are violated by some and not by others.`);
	is("matrix: and comes first", (await page.locator(".rows .matrix-row.telling b").allTextContents()).slice(0, 10), split.slice(0, 10).map((s) => s.name));
	await page.screenshot({path: `${pictures}/matrix.png`});
	await accessible(page, "matrix");
	await page.check("input[name=differ]");
	is("matrix: only differences", await counted(page), differ);
	await page.locator(".rows .cell").nth(1).click();
	ok("matrix: a cell leads to the scenario in that run", page.url().includes("run=1"), page.url());
	await close(page, "matrix");
}

async function big() {
	const mb = statSync(`${work}/big.html`).size / (1 << 20);
	const page = await open("big.html");
	ok("500 scenarios on 20 clients stay under 20 MB", mb < 20, mb);
	ok("and only rows in sight are made", await page.locator(".rows .matrix-row").count() < 80);
	await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
	await page.getByText("many/r0500", {exact: true}).waitFor();
	ok("the last row is made when it comes in sight", true);
	note(`a page of 500 scenarios on 20 clients: ${mb.toFixed(1)} MB, opened in ${page.took} ms`);
	await close(page, "a big page");
}

async function small() {
	for (const [name, hash] of [["overview", ""], ["scenario", "#/mta-sts/strip/removed"]]) {
		for (const colorScheme of ["light", "dark"]) {
			const page = await open("flaw/report.html", hash, {viewport: {width: 360, height: 740}, colorScheme});
			const wide = await page.evaluate(() => document.documentElement.scrollWidth);
			ok(`${name} fits 360 px (${colorScheme})`, wide <= 360, wide);
			await accessible(page, `${name} at 360 px, ${colorScheme}`);
			await page.screenshot({path: `${pictures}/small-${name}-${colorScheme}.png`});
			await page.context().close();
		}
	}
}

// Paper is light, and nothing on it can be scrolled.
async function printed() {
	const page = await open("flaw/report.html", "#/mta-sts/strip/removed", {viewport: {width: 794, height: 1123}, colorScheme: "dark"});
	const ink = () => page.locator("h1").evaluate((n) => getComputedStyle(n).color);
	const dark = await ink();
	await page.emulateMedia({media: "print", colorScheme: "dark"});
	ok("print: dark ink, though the screen is dark", dark !== await ink() && await ink() === "rgb(28, 30, 33)", await ink());
	const cut = await page.locator(".scroll").evaluateAll((nodes) => nodes.filter((n) => n.scrollWidth > n.clientWidth + 1).map((n) => n.ariaLabel));
	is("print: no part is cut off", cut, []);
	await page.context().close();
}

const validate = new Ajv({strict: false, validateFormats: false}).compile(JSON.parse(readFileSync("harness/report/result.schema.json", "utf8")));
for (const run of ["flaw", "honest", "hostile", "postfix"].filter((r) => existsSync(`${work}/${r}/result.json`))) {
	ok(`result.json of ${run} fits the schema (ajv)`, validate(result(run)), JSON.stringify(validate.errors));
	const bytes = statSync(`${work}/${run}/report.html`).size;
	ok(`the report of ${run} is under 3 MB (${Math.round(bytes / 1024)} KB)`, bytes < 3 << 20);
}
ok("ajv would notice a wrong verdict", !validate({...result("flaw"), scenarios: [{...result("flaw").scenarios[0], verdict: "fine"}]}));
await overview("flaw", "a flaw");
await scenario("flaw", "mta-sts/strip/removed", "a violation");
await markedLines("flaw", "mta-sts/strip/removed", ["-250-STARTTLS"]);
await markedLines("flaw", "mta-sts/strip/masked", ["-STARTTLS +XXXXXXXX"]);
await markedLines("flaw", "mta-sts/command-mangled", ["-STARTTLS +XXXXXXXX"]);
await canFail("flaw", "mta-sts/strip/removed");
if (existsSync(`${work}/postfix`)) {
	await overview("postfix", "postfix");
	await scenario("postfix", "mta-sts/certificate/expired", "postfix");
}
await hostile();
await policy();
await matrix();
await big();
await small();
await printed();
await browser.close();
finish();
