// Watches what a page does that nobody sees: requests, the console, the content security policy.

import assert from "node:assert/strict";
export class Watch {
    #foreign = [];
    #errors = [];
    #violations = [];
    #refusals = [];
    #expected = new Set();
    #hosts = new Set();
    #tolerated = [];

    /** Watches a page from its beginning on. */
    static async over(page, host) {
        const watch = new Watch();
        page.on("request", (request) => watch.#request(request, host));
        page.on("response", (response) => {
            if (response.status() >= 400) {
                watch.#refusals.push(response.status());
            }
        });
        page.on("console", (message) => {
            if (["error", "warning"].includes(message.type())) {
                watch.#errors.push(message.text());
            }
        });
        page.on("pageerror", (error) => watch.#errors.push(`${error.name}: ${error.message}`));
        page.on("dialog", (dialog) => {
            watch.#errors.push(`a dialog: ${dialog.message()}`);
            return dialog.dismiss();
        });
        const session = await page.context().newCDPSession(page);
        session.on("Audits.issueAdded", ({ issue }) => {
            if (issue.code === "ContentSecurityPolicyIssue") {
                watch.#violations.push(JSON.stringify(issue.details.contentSecurityPolicyIssueDetails));
            }
        });
        await session.send("Audits.enable");
        return watch;
    }

    #request(request, host) {
        const url = new URL(request.url());
        if (url.protocol !== "data:" && url.host !== host) {
            this.#foreign.push(request.url());
        }
    }

    /** A refusal that the test is about: the browser itself writes it to the console. */
    expects(status) {
        this.#expected.add(status);
    }

    /** A part of what the browser itself writes to the console in this test. */
    tolerates(text) {
        this.#tolerated.push(text);
    }

    /** Another host that the test itself puts up. */
    allowsHost(host) {
        this.#hosts.add(host);
    }

    /** The refusals so far. */
    get refusals() {
        return this.#refusals;
    }

    /** Nothing but what the test is about has happened. */
    check() {
        const isExpected = (text) =>
            [...this.#expected].some((status) => text.includes(`a status of ${status} `)) ||
            this.#tolerated.some((part) => text.includes(part));
        const foreign = this.#foreign.filter((url) => !this.#hosts.has(new URL(url).host));
        assert.deepEqual(foreign, [], "requests to another host");
        assert.deepEqual(this.#violations, [], "violations of the content security policy");
        assert.deepEqual(
            this.#errors.filter((text) => !isExpected(text)),
            [],
            "errors in the console",
        );
        const unexpected = this.#refusals.filter((status) => !this.#expected.has(status));
        assert.deepEqual(unexpected, [], "refusals");
    }
}
