// The panel without a mouse.

import assert from "node:assert/strict";

import { PASSWORD } from "./lib/clinic.mjs";
import { flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

const SCRIPTED = FLOWS.filter((look) => look.script);

/** Presses Tab until that element has the focus; everything on the way must be seen to have it. */
async function tabTo(desk, selector, most = 60) {
    for (let presses = 0; presses < most; presses += 1) {
        await desk.page.keyboard.press("Tab");
        const { isThere, isShown, name } = await desk.page.evaluate((wanted) => {
            const element = document.activeElement;
            const style = getComputedStyle(element);
            const hasRing = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
            // The calendar of a date field shows by itself that it has the focus.
            const isInside = !element.matches(":focus");
            return {
                isThere: element.matches(wanted),
                isShown: hasRing || isInside || element === document.body,
                name: element.outerHTML.slice(0, 200),
            };
        }, selector);
        assert.ok(isShown, `no ring around ${name}`);
        if (isThere) {
            return presses + 1;
        }
    }
    throw new Error(`${selector} is not reached by ${most} presses of Tab`);
}

flow(
    "signing in takes the keyboard only",
    FLOWS,
    async (desk) => {
        const { page } = desk;
        await desk.go("/admin");
        await desk.heading("Sign in");
        // The first field is where the writing goes.
        assert.ok(await desk.hasFocus("#username"));
        await page.keyboard.type("root");
        await tabTo(desk, "#password", 1);
        await page.keyboard.type(PASSWORD);
        await page.keyboard.press("Enter");
        await desk.heading("Overview");
        await tabTo(desk, ".who button");
        await page.keyboard.press("Enter");
        await desk.says("You have signed out.");
    },
    { user: null },
);

flow("a patient is added by the keyboard only", FLOWS, async (desk) => {
    const { page } = desk;
    await desk.go("/admin");
    await tabTo(desk, 'nav a[href="/admin/patients"]', 5);
    await page.keyboard.press("Enter");
    await desk.heading("Patients");
    await tabTo(desk, 'a[href="/admin/patients/add"]');
    await page.keyboard.press("Enter");
    await desk.heading("Add a patient");
    await tabTo(desk, "#name");
    await page.keyboard.type("Asha Rao");
    await tabTo(desk, "#date_of_birth");
    await page.keyboard.type("02291980");
    await tabTo(desk, "#gender");
    await page.keyboard.type("Fem");
    await tabTo(desk, "#medical_history");
    await page.keyboard.type("Asthma");
    await page.keyboard.press("Enter");
    await page.keyboard.type("since 1990");
    await tabTo(desk, 'button[value="view"]');
    await page.keyboard.press("Space");
    await desk.heading("Asha Rao");
    await desk.says("The record was added.");
    assert.equal(await desk.value("Gender"), "Female");
    assert.equal(await desk.value("Date of birth"), "1980-02-29");
    assert.equal(await desk.value("Medical history"), "Asthma\nsince 1990");
});

flow("a wrong form is mended by the keyboard only", FLOWS, async (desk) => {
    desk.watch.expects(422);
    const { page } = desk;
    await desk.go("/admin/doctors/add");
    await desk.field("Phone").focus();
    await page.keyboard.type("none");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    // Who hears the page is told at once what is wrong.
    await page.waitForFunction(() => document.activeElement?.matches(".summary"));
    await tabTo(desk, '.summary a[href="#phone"]', 3);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.id === "phone");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("+91 98765 43210");
    await desk.field("Name").focus();
    await page.keyboard.type("Dr Meera Iyer");
    await page.keyboard.press("Enter");
    await desk.says("The record was added.");
});

flow("the first press of Tab leads past the menu", FLOWS, async (desk) => {
    const { page } = desk;
    for (const path of ["/admin", "/admin/patients", "/admin/users"]) {
        await desk.go(path);
        await tabTo(desk, "a.skip", 1);
        const box = await page.locator("a.skip").boundingBox();
        assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= desk.look.width, "the link is to be seen");
        await page.keyboard.press("Enter");
        await page.waitForFunction(() => document.activeElement?.id === "main");
        await page.keyboard.press("Tab");
        assert.ok(await page.evaluate(() => document.activeElement.closest("main") !== null), path);
    }
});

flow("after another page was swapped in, the keyboard goes on at its content", SCRIPTED, async (desk) => {
    const { page } = desk;
    await desk.go("/admin");
    await page.getByRole("navigation").getByRole("link", { name: "Doctors" }).focus();
    await page.keyboard.press("Enter");
    await desk.heading("Doctors");
    assert.equal(await page.title(), "Doctors | Healthcore");
    assert.ok(await desk.hasFocus("#main"));
    await tabTo(desk, ".head a", 1);
    await tabTo(desk, "#q", 2);
});

flow("the key / leads to the search", SCRIPTED, async (desk) => {
    const { page } = desk;
    await desk.clinic.patient("Asha Rao");
    await desk.clinic.patient("Bina Rao");
    for (const section of ["Patients", "Doctors", "Mappings", "Users"]) {
        await page.goto("/admin");
        await page.getByRole("navigation").getByRole("link", { name: section }).click();
        await desk.heading(section);
        await page.keyboard.press("/");
        assert.ok(await desk.hasFocus("#q"), section);
        assert.equal(await desk.field("Search").inputValue(), "");
    }
    await desk.go("/admin/patients");
    await page.keyboard.press("/");
    await page.keyboard.type("asha/");
    assert.equal(await desk.field("Search").inputValue(), "asha/");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Enter");
    await desk.sees("1 record");
    await page.getByRole("link", { name: "Asha Rao" }).waitFor();
});

flow("the focus stays where it was when a list changes", SCRIPTED, async (desk) => {
    const { page } = desk;
    await desk.clinic.patient("Asha Rao");
    await desk.go("/admin/patients");
    await page.keyboard.press("/");
    await page.keyboard.type("asha");
    await page.keyboard.press("Enter");
    await desk.sees("1 record");
    assert.ok(await desk.hasFocus("#q"), "the search keeps the focus");
});

flow("the focus stays on the head that orders the list", SCRIPTED, async (desk) => {
    const { page } = desk;
    for (let number = 1; number <= 30; number += 1) {
        await desk.clinic.patient(`Patient ${number}`);
    }
    await desk.go("/admin/patients?size=25");
    await page.getByRole("columnheader").getByRole("link", { name: "Name" }).focus();
    await page.keyboard.press("Enter");
    await page.locator('th[aria-sort="ascending"]').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "Name");
    await page.keyboard.press("Enter");
    await page.locator('th[aria-sort="descending"]').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "Name");
});

flow(
    "a table that is wider than the window is moved by the keyboard",
    [FLOWS.find((look) => look.width === 360)],
    async (desk) => {
        const { page } = desk;
        await desk.clinic.patient("Asha Rao", { email: "a".repeat(60) + "@example.org" });
        await desk.go(
            "/admin/patients?col=name&col=owner&col=email&col=phone&col=created&col=updated&col=id",
        );
        await tabTo(desk, ".wide");
        await page.keyboard.press("ArrowRight");
        await page.waitForFunction(() => document.querySelector(".wide").scrollLeft > 0);
    },
);
