// How a page is looked at: width, color scheme, with or without JavaScript.

function look(width, scheme, script) {
    return { width, scheme, script, name: `${width} px, ${scheme}, JavaScript ${script ? "on" : "off"}` };
}

const SOME = process.env.BROWSER_TEST_DATABASE === "postgres";

/** For every page. */
export const SCRIPTED = [360, 1280].flatMap((width) =>
    ["light", "dark"].map((scheme) => look(width, scheme, true)),
);
export const BARE = [look(360, "dark", false), look(1280, "light", false)];

/** For every flow: both widths with and without JavaScript. On the second database two of them. */
export const FLOWS = SOME
    ? [look(1280, "light", true), look(360, "dark", false)]
    : [look(1280, "light", true), look(360, "dark", true), ...BARE];

/** For what has nothing to do with the looks. */
export const PLAIN = look(1280, "light", true);
export const PLAIN_BARE = look(1280, "light", false);
