import type { APIRequestContext } from '@playwright/test';
import { expect } from './fixtures';

/** The link of the newest mail to an address: `rapport dev` shows its mail on a page. */
export async function linkTo(request: APIRequestContext, address: string, page: string): Promise<string> {
  let link = '';
  await expect(async () => {
    const list = await (await request.get('/dev/mailbox')).text();
    for (const [, id, to] of list.matchAll(/<a href="\/dev\/mailbox\/([^"]+)">[^<]*<\/a><br>To ([^,]*),/g)) {
      if (to !== address) continue;
      const mail = await (await request.get(`/dev/mailbox/${id}`)).text();
      const found = mail.match(new RegExp(`href="[^"]*(/${page}#token=[^"]+)"`))?.[1];
      if (found) {
        link = found;
        return;
      }
    }
    throw new Error(`no mail to ${address} with a link to ${page}`);
  }).toPass({ timeout: 20_000 });
  return link;
}
