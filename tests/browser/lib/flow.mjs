// A test with a clinic and a page of its own, for each look.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Clinic } from "./clinic.mjs";
import { AXE, RESULTS, chromium } from "./packages.mjs";
import { Watch } from "./watch.mjs";

export const WAIT_MS = 20_000;
const TEST_MS = 120_000;

/** WCAG 2.2, levels A and AA, as axe-core names them. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];

let browser;

before(async () => {
    browser = await chromium.launch({
        executablePath: process.env.BROWSER_TEST_CHROMIUM,
        // As root the sandbox cannot be set up; only pages of the server under test are opened.
        chromiumSandbox: process.getuid() !== 0,
        args: ["--disable-background-networking", "--disable-component-update"],
    });
});

after(async () => {
    await browser?.close();
    await Clinic.leave();
});

/** A test for each look; the clinic is its own. `body` gets a `Desk`. */
export function flow(name, looks, body, options = {}) {
    for (const look of looks) {
        test(`${name} (${look.name})`, { timeout: TEST_MS * (options.patience ?? 1) }, async () => {
            const clinic = await Clinic.open(options);
            clinic.look = look;
            try {
                await at(clinic, look, body, `${name} ${look.name}`, options.user);
                assert.deepEqual(clinic.server.faults(), [], "faults in the log");
            } finally {
                await clinic.close();
            }
        });
    }
}

/** Runs `body` at a desk of the clinic and sees that nothing happened beside it. */
export async function at(clinic, look, body, name, user = "root") {
    const desk = await Desk.open(clinic, look, user);
    try {
        await body(desk);
        desk.watch.check();
    } catch (error) {
        await desk.picture(name);
        throw error;
    } finally {
        await desk.close();
    }
}

/** Somebody in front of a page of the panel. */
export class Desk {
    static async open(clinic, look, user) {
        const desk = new Desk();
        desk.clinic = clinic;
        desk.look = look;
        desk.context = await browser.newContext({
            baseURL: clinic.base,
            viewport: { width: look.width, height: look.width < 700 ? 740 : 800 },
            colorScheme: look.scheme,
            javaScriptEnabled: look.script,
            reducedMotion: "reduce",
        });
        desk.context.setDefaultTimeout(WAIT_MS);
        if (user) {
            await desk.context.addCookies([await clinic.cookie(user)]);
        }
        desk.page = await desk.context.newPage();
        desk.watch = await Watch.over(desk.page, clinic.server.host);
        return desk;
    }

    close() {
        return this.context.close();
    }

    /** The cookie of this browser. */
    async cookie() {
        const [cookie] = await this.context.cookies();
        return cookie;
    }

    /** Another person at a desk of their own, with the same look. */
    async other(user, body) {
        await at(this.clinic, this.look, body, `other ${user}`, user);
    }

    /** Another administrator gives all patients of ann to a user. */
    async otherMovesAllTo(owner) {
        await this.other("root", async (other) => {
            await other.go(`/admin/users/${await this.clinic.annId()}/move`);
            await other.fill({ "User name of the new owner": owner, Reason: "Ann has left" });
            await other.press("Move all");
            await other.says("The patients have another owner now.");
        });
    }

    /** Opens an address. */
    async go(path) {
        const answer = await this.page.goto(path);
        await this.ready();
        return answer;
    }

    /** The page is there with all that makes it quicker. */
    async ready() {
        await this.page.waitForLoadState("load");
    }

    /** Waits for the page of that heading. */
    async heading(text) {
        await this.page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();
        await this.fits();
    }

    /** Waits for what a page says after a change. */
    async says(text) {
        await this.page.getByRole("status").filter({ hasText: text }).waitFor();
    }

    /** Waits until the text is somewhere on the page. */
    async sees(text) {
        await this.page.locator("main").getByText(text).first().waitFor();
    }

    /** Presses a button of that name. */
    async press(name, scope = this.page) {
        await scope.getByRole("button", { name, exact: true }).click();
    }

    /** Follows a link of that name. */
    async follow(name, scope = this.page.locator("main")) {
        await scope.getByRole("link", { name, exact: true }).click();
    }

    /** The file that comes after `does`: its name and its text. */
    async file(does) {
        const coming = this.page.waitForEvent("download");
        await does();
        const download = await coming;
        return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
    }

    /** Fills in fields by their labels. */
    async fill(values) {
        for (const [label, value] of Object.entries(values)) {
            const field = this.field(label);
            const isSelect = (await field.evaluate((element) => element.tagName)) === "SELECT";
            await (isSelect ? field.selectOption(value) : field.fill(value));
        }
    }

    /** The field with that label. */
    field(label) {
        const escaped = label.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
        return this.page.getByRole("main").getByLabel(new RegExp(`^${escaped}( \\(.*\\))?$`));
    }

    /** What a record's page shows beside a label. */
    async value(label) {
        const term = this.page
            .locator("dt")
            .filter({ hasText: new RegExp(`^${label}$`) })
            .first();
        return (await term.locator("xpath=following-sibling::dd[1]").innerText()).trim();
    }

    /** Whether the keyboard writes into that element. */
    hasFocus(selector) {
        return this.page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
    }

    /** Nothing is wider than the window. */
    async fits() {
        const [wide, room] = await this.page.evaluate(() => {
            const page = document.documentElement;
            return [page.scrollWidth, page.clientWidth];
        });
        assert.ok(wide <= room, `${this.page.url()} is ${wide} px wide in a window of ${room} px`);
    }

    /** Nothing on the page breaks a rule of WCAG 2.2 AA that a program can find. */
    async isAccessible() {
        if (!(await this.page.evaluate(() => "axe" in window))) {
            await this.page.evaluate(AXE);
        }
        const broken = await this.page.evaluate(async (rules) => {
            const { violations } = await window.axe.run(document, {
                runOnly: { type: "tag", values: rules },
                resultTypes: ["violations"],
            });
            return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
        }, RULES);
        assert.deepEqual(broken, [], `accessibility of ${this.page.url()}`);
    }

    /** Keeps what the page looked like when a test failed. */
    async picture(name) {
        try {
            const file = join(RESULTS, name.replaceAll(/[^A-Za-z0-9]+/g, "-"));
            mkdirSync(RESULTS, { recursive: true });
            writeFileSync(`${file}.html`, `<!-- ${this.page.url()} -->\n${await this.page.content()}`);
            await this.page.screenshot({ path: `${file}.png`, timeout: 5_000 });
        } catch {
            // The failure itself is what counts.
        }
    }
}
