// SPDX-License-Identifier: Apache-2.0
// pictures.js - the README's pictures: overview, a scenario's path and dialogue, and matrix of real runs.
// Usage: node pictures.js CHROMIUM REPORT SCENARIO MATRIX OUT-FOLDER
import {chromium} from "playwright-core";

const [,, executablePath, report, scenario, matrix, out] = process.argv;
const browser = await chromium.launch({executablePath, args: ["--no-sandbox"]});
const page = await browser.newPage({viewport: {width: 1280, height: 800}, colorScheme: "light"});

async function picture(name, url, before = async () => {}) {
	await page.goto("about:blank");
	await page.goto(`file://${url}`);
	await page.locator("main h1").waitFor();
	await before();
	await page.screenshot({path: `${out}/${name}.png`});
}

await picture("overview", report);
await picture("scenario", `${report}#/${scenario}`, async () => {
	// the end of the story: from the attack's step on
	await page.locator(".band").nth(1).evaluate((band) => band.scrollIntoView({block: "start"}));
});
await picture("dialogue", `${report}#/${scenario}`, async () => {
	await page.locator(".dialogue").nth(1).evaluate((d) => d.scrollIntoView({block: "start"}));
});
await picture("matrix", matrix);
await browser.close();
