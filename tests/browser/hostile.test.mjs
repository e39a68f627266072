// What people with bad intentions write, send and take.

import assert from "node:assert/strict";

import { PASSWORD } from "./lib/clinic.mjs";
import { flow } from "./lib/flow.mjs";
import { FLOWS, PLAIN } from "./lib/looks.mjs";

/** Each of them would leave a trace in the window, or break the content security policy. */
const SCRIPT = "<script>window.ran=1</script>";
const IMAGE = '"><img src=x onerror="window.ran=2">';
const TAG = "</textarea></title></dd><svg/onload=window.ran=3>";
const LINK = "javascript:window.ran=4";
const HTMX = '<b hx-on:click="window.ran=5" hx-get="/admin" hx-trigger="load">x</b>';
const TEMPLATE = "{{ 7*7 }}${7*7}";
const ALL = [SCRIPT, IMAGE, TAG, LINK, HTMX, TEMPLATE];

/** All that a form takes as free text; the other fields refuse such values. */
const PATIENT = { Address: ALL.join("\n"), "Medical history": ALL.join("\n") };
const DOCTOR = { Availability: `${SCRIPT} ${IMAGE} ${TAG}`, Address: ALL.join("\n") };

async function nothingRan(desk) {
    // What would run later: images that do not come, what htmx starts on its own.
    await desk.page.waitForLoadState("networkidle");
    assert.equal(await desk.page.evaluate(() => window.ran), undefined, desk.page.url());
    assert.equal(
        await desk.page.locator("main").locator("img, svg, script, b[hx-get]").count(),
        0,
        desk.page.url(),
    );
}

flow(
    "what is stored is shown as it was written, and nothing of it runs",
    FLOWS,
    async (desk) => {
        const { clinic, page } = desk;
        const name = `${SCRIPT} ${IMAGE}`;
        await desk.go("/admin/doctors/add");
        await desk.fill({ ...DOCTOR, Name: name, Specialization: `${SCRIPT}${IMAGE}`, Licence: SCRIPT });
        await desk.press("Save");
        await desk.heading(name);
        assert.equal(await desk.value("Licence"), SCRIPT);
        assert.equal(await desk.value("Address"), DOCTOR.Address);
        const doctorPage = new URL(page.url()).pathname;
        await nothingRan(desk);

        await desk.go("/admin/patients/add");
        await desk.fill({ ...PATIENT, Name: name });
        await desk.press("Save");
        await desk.heading(name);
        assert.equal(await desk.value("Medical history"), PATIENT["Medical history"]);
        const patientPage = new URL(page.url()).pathname;
        await desk.go(`${patientPage}?doctor=${encodeURIComponent("script")}`);
        await page.getByRole("button", { name: /^Assign/ }).click();
        await desk.says("The doctor was assigned.");
        await nothingRan(desk);
        await desk.follow("Details");
        await desk.follow("Edit the notes");
        await desk.fill({ Notes: ALL.join("\n") });
        await desk.press("Save");
        await desk.says("The record was saved.");
        assert.equal(await desk.value("Notes"), ALL.join("\n"));
        const assignment = new URL(page.url()).pathname;
        await nothingRan(desk);
        await desk.go(`${patientPage}/edit`);
        await desk.fill({ Address: `${TAG}\n${SCRIPT}` });
        await desk.press("Save");
        await desk.says("The record was saved.");

        // What a client calls itself is kept with its session.
        await fetch(`${clinic.base}/admin/sign-in`, {
            method: "POST",
            redirect: "manual",
            headers: { origin: clinic.base, "user-agent": `${SCRIPT} ${IMAGE}` },
            body: new URLSearchParams({ username: "sam", password: PASSWORD }),
        });
        const sam = `/admin/users/${(await clinic.annId()) + 1}`;
        await desk.go(sam);
        await desk.sees(`${SCRIPT} ${IMAGE}`);
        await nothingRan(desk);

        // The name of a user is as free as that of a patient.
        await clinic.register("mallory");
        const mallory = `/admin/users/${(await clinic.annId()) + 2}`;
        await desk.go(`${mallory}/edit`);
        await desk.fill({ Name: name });
        await desk.press("Save");
        await desk.says("The record was saved.");
        assert.equal(await desk.value("Name"), name);
        await nothingRan(desk);
        await desk.go(`/admin/users/${await clinic.annId()}/move`);
        await desk.fill({ "User name of the new owner": "mallory", Reason: SCRIPT });
        await desk.press("Move all");
        await desk.says("The patients have another owner now.");
        const everywhere = [
            "/admin",
            "/admin/patients",
            patientPage,
            `${patientPage}/edit`,
            `${patientPage}/history`,
            `${patientPage}/delete`,
            "/admin/doctors",
            "/admin/doctors?col=name&col=specialization&col=license_number&col=availability",
            doctorPage,
            `${doctorPage}/edit`,
            `${doctorPage}/history`,
            `${doctorPage}/retire`,
            "/admin/mappings?col=patient&col=doctor&col=specialization&col=notes",
            assignment,
            `${assignment}/edit`,
            `${assignment}/end`,
            `${assignment}/history`,
            "/admin/users",
            mallory,
            `${mallory}/move`,
            `${mallory}/edit`,
            "/admin/audit",
            "/admin/audit?col=operation&col=reason&operation=admin_users_move",
        ];
        for (const path of everywhere) {
            await desk.go(path);
            await nothingRan(desk);
            await desk.fits();
        }
        await desk.sees(SCRIPT);
        for (const [path, button] of [
            ["/admin/doctors", "Retire selected"],
            ["/admin/mappings", "End selected"],
            ["/admin/patients", "Move selected to another owner"],
        ]) {
            await desk.go(path);
            await page.locator('input[name="selected"]').first().check();
            await desk.press(button);
            await page.getByRole("link", { name: "Cancel" }).waitFor();
            await nothingRan(desk);
        }
        await desk.go("/admin/patients");
        await page
            .getByLabel("Select all")
            .or(page.getByLabel(`Select ${name}`))
            .last()
            .check();
        await desk.press("Delete selected");
        await desk.sees(name);
        await nothingRan(desk);
        await desk.press("Delete");
        await desk.says("deleted");
        await desk.go("/admin/patients?state=deleted");
        await nothingRan(desk);
        await desk.go(doctorPage);
        await desk.follow("Retire");
        await desk.press("Retire");
        await desk.says("retired");
        await desk.go("/admin/doctors?state=retired");
        await nothingRan(desk);
    },
    { patience: 2 },
);

flow("what a form refuses is shown as it was written, and nothing of it runs", FLOWS, async (desk) => {
    desk.watch.expects(422);
    await desk.go("/admin/patients/add");
    const text = `${IMAGE}${SCRIPT}`;
    await desk.fill({ Phone: text, "Emergency phone": text, Address: TAG });
    // The browser would not send such an address by itself.
    await desk.field("E-mail address").evaluate((input) => input.setAttribute("type", "text"));
    await desk.fill({ "E-mail address": text });
    await desk.press("Save");
    await desk.page.locator(".summary").waitFor();
    assert.equal(await desk.field("Phone").inputValue(), text);
    assert.equal(await desk.field("E-mail address").inputValue(), text);
    await nothingRan(desk);
    await desk.fits();
});

flow("what stands in an address is shown as it was written, and nothing of it runs", FLOWS, async (desk) => {
    const patient = await desk.clinic.patient("Asha Rao");
    const text = encodeURIComponent(`${IMAGE}${SCRIPT}${TAG}`);
    // What Chromium says of a field for a time with such a value.
    desk.watch.tolerates("does not conform to the required format");
    const paths = [
        `/admin/patients?q=${text}&owner=${text}&gender=${text}`,
        `/admin/patients?sort=${text}&col=${text}&done=${text}&size=${text}`,
        `/admin/doctors?q=${text}&specialization=${text}`,
        `/admin/mappings?q=${text}&patient=${text}&doctor=${text}&state=${text}`,
        `/admin/users?q=${text}&role=${text}&active=${text}`,
        `/admin/doctors?state=${text}`,
        `/admin/audit?user=${text}&patient=${text}&operation=${text}&outcome=${text}&from=${text}&to=${text}`,
        `${patient.page}?doctor=${text}&done=${text}`,
    ];
    for (const path of paths) {
        await desk.go(path);
        await nothingRan(desk);
        await desk.fits();
    }
});

flow(
    "who may use the interface only gets no page and changes nothing",
    FLOWS.filter((look) => look.width > 360),
    async (desk) => {
        const { clinic } = desk;
        const patient = await clinic.patient("Asha Rao");
        // Ann has signed in, as a patient: her token opens no page, her own ones neither.
        const headers = { authorization: `Bearer ${clinic.annToken}` };
        const form = { method: "POST", body: new URLSearchParams({ version: "1", token: clinic.annToken }) };
        const nobody = { name: "healthcore-admin", value: clinic.annToken };
        for (const path of ["/admin", "/admin/patients", patient.page, "/admin/patients.csv", "/admin/audit"]) {
            const answer = await clinic.ask(nobody, path, { headers });
            assert.equal(answer.status, 303, path);
            assert.match(answer.headers.get("location"), /^\/admin\/sign-in/, path);
        }
        const origin = { ...headers, origin: clinic.base };
        const answer = await clinic.ask(nobody, `${patient.page}/delete`, { ...form, headers: origin });
        assert.equal(answer.status, 303);
        assert.deepEqual(await clinic.patientNames(), ["Asha Rao"]);
        // In a browser: whoever loses the role is out at once, and the form that is open changes nothing.
        await desk.go(`${patient.page}/delete`);
        clinic.server.command("users", "set-role", "sam", "patient");
        await desk.press("Delete");
        await desk.heading("Sign in");
        assert.deepEqual(await clinic.patientNames(), ["Asha Rao"]);
        desk.watch.expects(403);
        await desk.fill({ "User name or e-mail address": "sam", Password: PASSWORD });
        await desk.press("Sign in");
        await desk.sees("This account may not use the panel");
    },
    { user: "sam" },
);

flow("the sign-in leads nowhere else", [PLAIN], async (desk) => {
    for (const next of [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
    ]) {
        await desk.go(`/admin/sign-in?next=${encodeURIComponent(next)}`);
        await desk.heading("Overview");
        assert.equal(new URL(desk.page.url()).pathname, "/admin");
    }
});

flow(
    "a form of another site, or with a token of another session, changes nothing",
    FLOWS.filter((look) => look.width > 360),
    async (desk) => {
        const { clinic, page } = desk;
        const patient = await clinic.patient("Asha Rao");
        desk.watch.expects(403);
        await desk.go(`${patient.page}/delete`);
        const own = await page.locator('main input[name="token"]').inputValue();
        const thief = await clinic.cookie("sam");
        const body = new URLSearchParams({ token: own, version: "1" });
        for (const [cookie, headers] of [
            // Sam has stolen a token of root's, and sends it in a session of their own.
            [thief, { origin: clinic.base }],
            [thief, { "sec-fetch-site": "same-origin" }],
            // A page of another site makes root's browser send it.
            [await desk.cookie(), { origin: "https://evil.example" }],
            [await desk.cookie(), { origin: "null" }],
            [await desk.cookie(), { "sec-fetch-site": "cross-site" }],
            [await desk.cookie(), {}],
        ]) {
            const answer = await clinic.ask(cookie, `${patient.page}/delete`, {
                method: "POST",
                headers,
                body,
            });
            assert.equal(answer.status, 403);
        }
        assert.deepEqual(await clinic.patientNames(), ["Asha Rao"]);
        // In the browser itself: the token is taken out of the form.
        await page.locator('main input[name="token"]').evaluate((input) => input.remove());
        await desk.press("Delete");
        await desk.heading("Not allowed");
        await desk.fits();
        assert.deepEqual(await clinic.patientNames(), ["Asha Rao"]);
    },
);

flow("a page of another site cannot use the session", [PLAIN], async (desk) => {
    const { clinic, page } = desk;
    const patient = await clinic.patient("Asha Rao");
    // The same port by another name is another site; the cookie is `SameSite=Strict`.
    const foreign = clinic.base.replace("127.0.0.1", "localhost");
    await page.route(`${foreign}/evil`, (route) =>
        route.fulfill({
            contentType: "text/html",
            body: `<title>x</title><form method="post" action="${clinic.base}${patient.page}/delete">
                <input name="version" value="1"><button>Win</button></form>`,
        }),
    );
    desk.watch.expects(403);
    desk.watch.allowsHost(new URL(foreign).host);
    await page.goto(`${foreign}/evil`);
    await page.getByRole("button", { name: "Win" }).click();
    await page.getByRole("heading", { name: /Not allowed|Sign in/ }).waitFor();
    assert.deepEqual(await clinic.patientNames(), ["Asha Rao"]);
});

flow(
    "the cookie is out of the reach of scripts",
    [PLAIN],
    async (desk) => {
        await desk.go("/admin");
        await desk.fill({ "User name or e-mail address": "root", Password: PASSWORD });
        await desk.press("Sign in");
        await desk.heading("Overview");
        assert.equal(await desk.page.evaluate(() => document.cookie), "");
        const { httpOnly, sameSite } = await desk.cookie();
        assert.deepEqual({ httpOnly, sameSite }, { httpOnly: true, sameSite: "Strict" });
    },
    { user: null },
);
