// The web clients of two servers, each in a browser, with somebody before it.

import test from 'ava';
import { Preset } from 'matrix-js-sdk';
import type { Page } from 'playwright-core';
import { openBrowser, picture, visit } from '../e2e/browser.ts';
import { accept, reads } from './person.ts';
import type { Scene } from './scene.ts';

export function browsers(scene: Scene): void {
  test.serial('two people log in with the web clients of their servers, and each sees what the other one writes', async (t) => {
    t.timeout(180_000);
    const { carol, dave, world } = scene;
    const { room_id: room } = await carol.client.createRoom({ name: 'Family', preset: Preset.PrivateChat, invite: [dave.id] });
    await accept(dave, room);
    const browser = await openBrowser(world.inventory.homeservers, (line) => t.log(line));
    try {
      const [ours, theirs] = await Promise.all([open('https://one.lab.test/', 'carol'), open('https://chat.two.lab.test/', 'dave')]);
      await write(ours, 'Dinner at seven?');
      await theirs.getByText('Dinner at seven?').waitFor();
      await picture(theirs, 'first-message');
      await write(theirs, '七点见');
      await ours.getByText('七点见').waitFor();
      t.false((await reads(carol, room, '七点见')).isEncrypted());
    } finally {
      await browser.close();
    }

    async function open(url: string, name: string): Promise<Page> {
      const { page } = await visit(browser, url);
      await page.locator('#username').fill(name);
      await page.locator('#password').fill(world.password);
      await page.getByRole('button', { name: 'Log In' }).click();
      await page.getByText('Family').first().click();
      return page;
    }
  });
}

async function write(page: Page, text: string): Promise<void> {
  const field = page.locator('.MessageComposer_input textarea');
  await field.fill(text);
  await field.press('Enter');
}
