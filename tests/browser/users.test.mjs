// Accounts, their sessions, and the trail.

import assert from "node:assert/strict";

import { at, flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

/** Opens the page of an account by way of the list. */
async function account(desk, username) {
    await desk.go("/admin/users");
    await desk.follow(username);
    await desk.heading(username);
    await desk.fits();
}

flow("accounts are searched and filtered", FLOWS, async (desk) => {
    await desk.go("/admin/users");
    await desk.sees("3 records");
    await desk.fill({ Search: "SA" });
    await desk.press("Show");
    await desk.sees("1 record");
    await desk.page.getByRole("link", { name: "sam", exact: true }).waitFor();
    await desk.follow("Reset");
    await desk.sees("3 records");
    await desk.fill({ Role: "admin" });
    await desk.press("Show");
    await desk.sees("1 record");
    await desk.page.locator("td").getByRole("link", { name: "root" }).waitFor();
});

flow("a role is changed, and the panel opens to who has it", FLOWS, async (desk) => {
    await account(desk, "ann");
    await desk.fill({ Role: "staff" });
    await desk.press("Save role and state");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Role"), "Staff");
    await desk.other("ann", async (other) => {
        await other.go("/admin/patients");
        await other.heading("Patients");
    });
});

flow("who is made inactive is out at once", FLOWS, async (desk) => {
    const { clinic, look } = desk;
    await at(
        clinic,
        look,
        async (other) => {
            await other.go("/admin/patients");
            await other.heading("Patients");
            await account(desk, "sam");
            await desk.fill({ "May sign in": "no" });
            await desk.press("Save role and state");
            await desk.says("The record was saved.");
            assert.match(await desk.value("Active"), /^no$/i);
            await other.go("/admin/patients");
            await other.heading("Sign in");
        },
        "out at once",
        "sam",
    );
    await assert.rejects(clinic.cookie("sam"));
});

flow("one session is ended, then all of them", FLOWS, async (desk) => {
    const { clinic, page } = desk;
    const first = await clinic.cookie("sam");
    const second = await clinic.cookie("sam");
    const isIn = async (cookie) => (await clinic.ask(cookie, "/admin/patients")).status === 200;
    assert.ok((await isIn(first)) && (await isIn(second)));
    await account(desk, "sam");
    const ends = page.getByRole("region", { name: "Sessions" }).getByRole("button");
    const count = await ends.count();
    await ends.first().click();
    await desk.says("It has ended.");
    assert.equal(await ends.count(), count - 1);
    assert.notEqual(await isIn(first), await isIn(second));
    await desk.press("End all sessions");
    await desk.sees("The user has no session.");
    assert.ok(!(await isIn(first)) && !(await isIn(second)));
});

flow("the last administrator stays one", FLOWS, async (desk) => {
    desk.watch.expects(422);
    await account(desk, "root");
    await desk.fill({ Role: "patient" });
    await desk.press("Save role and state");
    await desk.sees("This is the last active administrator.");
    await desk.fits();
    await account(desk, "root");
    assert.equal(await desk.value("Role"), "Administrator");
});

flow("the trail tells who did what, and is filtered", FLOWS, async (desk) => {
    const { clinic, page } = desk;
    const patient = await clinic.patient("Asha Rao");
    await desk.go(patient.page);
    await desk.go("/admin/audit");
    await desk.heading("Audit");
    const rows = page.locator("tbody tr");
    await rows.filter({ hasText: "Panel: viewed a patient" }).first().waitFor();
    assert.match(await desk.value("Last seal"), /^(none yet|number \d+)/);
    await desk.fill({ "Patient's id": String(patient.id) });
    await desk.press("Show");
    await page.waitForURL(/patient=/);
    await rows.filter({ hasText: "Added a patient" }).filter({ hasText: "ann" }).waitFor();
    await rows.filter({ hasText: "Panel: viewed a patient" }).filter({ hasText: "root" }).waitFor();
    assert.equal(await rows.count(), 2);
    assert.equal(await page.locator('td[title="patients_create"]').innerText(), "Added a patient");
    // An operation is chosen by what it is called; its name in the trail is told as well.
    assert.ok(
        (await desk.field("Operation").locator("option").allInnerTexts()).includes("Panel: viewed a patient"),
    );
    await desk.fill({ Operation: "patients_create" });
    await desk.press("Show");
    await rows.filter({ hasText: "root" }).waitFor({ state: "detached" });
    assert.equal(await rows.count(), 1);
    await desk.fits();
    await desk.follow("Reset");
    await rows.filter({ hasText: "Panel: read the audit trail" }).first().waitFor();
    await desk.fill({ "User's name or id": "ann" });
    await desk.press("Show");
    await page.locator("tbody").getByText("root").first().waitFor({ state: "detached" });
    await rows.filter({ hasText: "Added a patient" }).waitFor();
    const minute = new Date().toISOString().slice(0, 16);
    await desk.fill({ From: "2026-01-01T00:00", To: minute });
    await desk.press("Show");
    // The list that was asked for stands there when its form does.
    await page.locator('#from[value="2026-01-01T00:00"]').waitFor();
    await rows.filter({ hasText: "Added a patient" }).waitFor();
    await desk.fill({ From: "2100-01-01T00:00", To: "" });
    await desk.press("Show");
    await desk.sees("Nothing matches.");
    await desk.follow("Show everything");
    await rows.filter({ hasText: "Panel: read the audit trail" }).first().waitFor();
    await desk.fill({ Outcome: "not_found" });
    await desk.press("Show");
    await desk.sees("Nothing matches.");
});

flow("outcomes are told in words, and filtered by them", FLOWS, async (desk) => {
    const { clinic, page } = desk;
    const patient = await clinic.patient("Asha Rao");
    desk.watch.expects(404);
    desk.watch.expects(403);
    desk.watch.expects(412);
    desk.watch.expects(422);
    await desk.go("/admin/patients/1/999999");
    const cookie = await desk.cookie();
    const token = await desk.go(`${patient.page}/edit`).then(() => page.locator('main input[name="token"]').inputValue());
    const send = async (fields) => {
        const body = new URLSearchParams({ token, name: "Asha Roy", version: "1", ...fields });
        const headers = { origin: clinic.base };
        return (await clinic.ask(cookie, `${patient.page}/edit`, { method: "POST", headers, body })).status;
    };
    assert.deepEqual(
        [await send({}), await send({}), await send({ phone: "none" }), await send({ token: "" })],
        [303, 412, 422, 403],
    );
    await fetch(`${clinic.base}/admin/patients`, { redirect: "manual" });
    for (const [name, words] of [
        ["not_found", "Not found"],
        ["stale", "Changed meanwhile"],
        ["invalid", "Not valid"],
        ["forbidden", "Not allowed"],
        ["unauthenticated", "Not signed in"],
        ["done", "Done"],
    ]) {
        await desk.go("/admin/audit");
        await desk.field("Outcome").selectOption({ label: words });
        await desk.press("Show");
        await page.waitForURL(new RegExp(`outcome=${name}`));
        const cells = page.locator(`td[title="${name}"]`);
        await cells.first().waitFor();
        assert.deepEqual([...new Set(await cells.allInnerTexts())], [words]);
        assert.equal(await cells.count(), await page.locator("tbody tr").count());
    }
    const labels = await desk.field("Outcome").locator("option").allInnerTexts();
    assert.equal(labels.length, 12);
    assert.ok(
        labels.every((label) => /^[A-Z][a-z ,]+$/.test(label.trim())),
        labels.join("|"),
    );
    // From a line on to all that the same user did, and all that was done with the patient.
    await page.locator("tbody").getByRole("link", { name: "root" }).first().click();
    await page.waitForURL(/user=\d/);
    await desk.go("/admin/audit");
    await page.locator("tbody").getByRole("link", { name: String(patient.id), exact: true }).first().click();
    await page.waitForURL(new RegExp(`patient=${patient.id}`));
});

flow("the trail is checked, and says since when", FLOWS, async (desk) => {
    await desk.go("/admin/audit");
    await desk.heading("Audit");
    assert.equal(await desk.value("Last check"), "never");
    await desk.press("Check now");
    await desk.says("The trail was checked.");
    assert.match(await desk.value("Last check"), /: whole, \d+ events under \d+ seals$/);
    await desk.fits();
});

flow("selected accounts are deactivated after a question", FLOWS, async (desk) => {
    const sam = await desk.clinic.cookie("sam");
    await desk.go("/admin/users");
    await desk.page.getByLabel("Select sam").check();
    await desk.press("Deactivate selected");
    await desk.heading("Deactivate 1 user?");
    await desk.press("Deactivate");
    await desk.says("saved");
    await assert.rejects(desk.clinic.cookie("sam"));
    assert.equal((await desk.clinic.ask(sam, "/admin/patients")).status, 303);
    await desk.clinic.cookie("root");
});

flow("accounts come as a file, all or selected", FLOWS, async (desk) => {
    await desk.clinic.rest("PATCH", "/api/auth/me/", { name: "=1+1" });
    await desk.go("/admin/users");
    const all = await desk.file(() => desk.follow("Export CSV"));
    assert.equal(all.name, "users.csv");
    assert.match(all.text, /,"'=1\+1",/);
    assert.doesNotMatch(all.text, /(^|[,\n])"?[=+@-]/);
    assert.equal(all.text.trim().split("\n").length, 4);
    await desk.page.getByLabel("Select sam").check();
    const some = await desk.file(() => desk.press("Export selected"));
    assert.match(some.text, /sam/);
    assert.doesNotMatch(some.text, /root/);
});

flow("all patients of somebody are given to another owner", FLOWS, async (desk) => {
    const { clinic } = desk;
    await clinic.register("ben");
    await clinic.patient("Asha Rao");
    await clinic.patient("Bina Rao");
    await account(desk, "ann");
    await desk.follow("Move all patients to another owner");
    await desk.heading("Move all patients of ann to another owner");
    await desk.fill({ "User name of the new owner": "ben", Reason: "Ann has left" });
    await desk.press("Move all");
    await desk.says("The patients have another owner now.");
    assert.deepEqual(await clinic.patientNames(), []);
    await desk.go("/admin/patients?owner=ben");
    await desk.sees("2 records");
    await desk.go("/admin/audit?operation=admin_users_move&col=operation&col=reason");
    await desk.sees("Ann has left");
});

flow("saving an account leads on as the button says", FLOWS, async (desk) => {
    await desk.go("/admin/users/add");
    await desk.fill({ "User name": "eve" });
    await desk.press("Save and add another");
    await desk.says("The account was added.");
    await desk.heading("Add a user");
    assert.equal(await desk.field("User name").inputValue(), "");
    await desk.fill({ "User name": "eva" });
    await desk.press("Save and continue");
    await desk.says("The account was added.");
    await desk.heading("Edit eva");
});

flow("an account is added, and its user sets a password by a link", FLOWS, async (desk) => {
    const { clinic, look } = desk;
    desk.watch.expects(409);
    await desk.go("/admin/users");
    await desk.follow("Add a user");
    await desk.heading("Add a user");
    assert.equal(await desk.field("Role").inputValue(), "patient");
    await desk.fill({ "User name": "SAM", Name: "Eve Rao", Role: "staff", Phone: "+91 98765 43210" });
    await desk.press("Save");
    await desk.page
        .getByRole("alert")
        .getByRole("link", { name: /^User name is taken/ })
        .waitFor();
    await desk.fits();
    assert.equal(await desk.field("Name").inputValue(), "Eve Rao");
    await desk.fill({ "User name": "eve" });
    await desk.press("Save");
    await desk.says("The account was added.");
    await desk.heading("eve");
    assert.equal(await desk.value("Name"), "Eve Rao");
    assert.equal(await desk.value("Role"), "Staff");
    await desk.press("Make a link for a new password");
    await desk.heading("Link for a new password");
    const link = await desk.field("Link").inputValue();
    const password = "staple battery horse";
    await at(
        clinic,
        look,
        async (other) => {
            await other.go(link);
            await other.heading("Set a new password");
            await other.fill({ "New password": password, "The same once more": password });
            await other.press("Set the password");
            await other.says("The password was changed.");
        },
        "the new one",
        null,
    );
    await clinic.cookie("eve", password);
});

flow("what is known of a user is changed, and what others have changed is not undone", FLOWS, async (desk) => {
    const { clinic } = desk;
    desk.watch.expects(412);
    desk.watch.expects(422);
    await account(desk, "ann");
    await desk.follow("Edit");
    await desk.heading("Edit ann");
    await desk.fill({ Name: "Ann Rao", Phone: "none" });
    await desk.press("Save");
    await desk.page.getByRole("alert").getByRole("link", { name: /^Phone/ }).waitFor();
    await desk.fits();
    assert.equal(await desk.field("Name").inputValue(), "Ann Rao");
    await clinic.rest("PATCH", "/api/auth/me/", { phone: "+91 98765 11111" });
    await desk.fill({ Phone: "+91 98765 00000" });
    await desk.press("Save");
    await desk.sees("Somebody else has changed this record meanwhile");
    await desk.fits();
    assert.equal(await desk.field("Name").inputValue(), "Ann Rao");
    assert.match(await desk.page.locator("#phone-now").innerText(), /^Stored now\s+\+91 98765 11111$/);
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Name"), "Ann Rao");
    assert.equal(await desk.value("Phone"), "+91 98765 00000");
});

flow("two administrators who edit one account do not overwrite each other", FLOWS, async (desk) => {
    desk.watch.expects(412);
    await account(desk, "sam");
    await desk.follow("Edit");
    await desk.fill({ Name: "Sam Rao" });
    await desk.other("root", async (other) => {
        await account(other, "sam");
        await other.follow("Edit");
        await other.fill({ Phone: "+91 98765 11111" });
        await other.press("Save and continue");
        await other.says("The record was saved.");
        await other.heading("Edit sam");
    });
    await desk.press("Save");
    await desk.sees("Somebody else has changed this record meanwhile");
    assert.equal(await desk.field("Phone").inputValue(), "+91 98765 11111");
    assert.equal(await desk.field("Name").inputValue(), "Sam Rao");
    await desk.fits();
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Name"), "Sam Rao");
    assert.equal(await desk.value("Phone"), "+91 98765 11111");
});

flow("a save that changes nothing leaves a link for a new password as it is", FLOWS, async (desk) => {
    await account(desk, "sam");
    await desk.press("Make a link for a new password");
    const link = await desk.field("Link").inputValue();
    await account(desk, "sam");
    await desk.follow("Edit");
    await desk.press("Save");
    await desk.says("The record was saved.");
    await desk.go(link);
    await desk.heading("Set a new password");
});
