// The web clients of two servers and the panel of one, each in a browser, with somebody before it.

import test from 'ava';
import { Preset } from 'matrix-js-sdk';
import type { Browser, Page } from 'playwright-core';
import { logInTo, openBrowser, picture, visit } from '../e2e/browser.ts';
import { elsewhere } from '../e2e/elsewhere.ts';
import { accept, reads } from './person.ts';
import type { Scene } from './scene.ts';
import { homeserver } from './world.ts';

export function browsers(scene: Scene): void {
  let browser: Browser;
  test.after.always(() => browser?.close());

  test.serial('two people log in with the web clients of their servers, and each sees what the other one writes', async (t) => {
    t.timeout(180_000);
    const { carol, dave, world } = scene;
    const { room_id: room } = await carol.client.createRoom({ name: 'Family', preset: Preset.PrivateChat, invite: [dave.id] });
    await accept(dave, room);
    const { homeservers } = world.inventory;
    browser = await openBrowser(homeservers, (line) => t.log(line), { [elsewhere.name]: world.lab.network.gateway });
    const [ours, theirs] = await Promise.all([open('https://one.lab.test/', 'carol'), open('https://chat.two.lab.test/', 'dave')]);
    await write(ours, 'Dinner at seven?');
    await theirs.getByText('Dinner at seven?').waitFor();
    await picture(theirs, 'first-message');
    await write(theirs, '七点见');
    await ours.getByText('七点见').waitFor();
    t.false((await reads(carol, room, '七点见')).isEncrypted());

    async function open(url: string, name: string): Promise<Page> {
      const { page, complaints } = await visit(browser, url);
      await logInTo(page, name, world.password);
      const room = page.getByText('Family').first();
      await room.click().catch(async (error: unknown) => {
        const shown = await page.locator('body').innerText();
        throw new Error([`${name} sees no room`, shown, ...complaints].join('\n'), { cause: error });
      });
      return page;
    }
  });

  test.serial('a person logs in with an account elsewhere, and has an account here of the right name', async (t) => {
    const { alice, world } = scene;
    const { context, page } = await visit(browser, 'https://one.lab.test/');
    await page.getByRole('button', { name: 'Log in with SSO' }).click();
    await page.waitForURL(`${world.provider.issuer}/**`);
    await page.locator('[name=login]').fill('person-1');
    await page.locator('[name=password]').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    // The provider asks whether this homeserver may know the name, and Synapse whether this client may have the account.
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('link', { name: 'Continue' }).click();
    await page.getByText('Choose a room on the left side.').waitFor();
    t.deepEqual(await alice.client.getProfileInfo('@ada:one.lab.test', 'displayname'), { displayname: 'Ada Lovelace of person-1' });
    await context.close();
  });

  test.serial('the admin panel, under its secret path, lists the users of its server and no others', async (t) => {
    const { adminPassword } = scene.world.inventory;
    const { panelPath } = homeserver(scene.world.inventory, 'one');
    const { context, page, complaints } = await visit(browser, `https://one.lab.test/${panelPath}/`);
    await page.locator('[name=username]').fill('admin');
    await page.locator('[name=password]').fill(adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    for (const name of ['ada', 'admin', 'alice', 'carol', 'erin', 'grace']) await page.getByText(`@${name}:one.lab.test`).waitFor();
    t.is(await page.getByText(/@\w+:/).count(), 6);
    await picture(page, 'panel-users');
    t.deepEqual(complaints, []);
    await context.close();
  });
}

async function write(page: Page, text: string): Promise<void> {
  const field = page.locator('.MessageComposer_input textarea');
  await field.fill(text);
  await field.press('Enter');
}
