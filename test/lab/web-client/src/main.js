// The whole of Hydrogen (login, rooms, timeline, settings) out of its SDK.

import olmJs from '@matrix-org/olm/olm.js?url';
import olmWasm from '@matrix-org/olm/olm.wasm?url';
import olmLegacyJs from '@matrix-org/olm/olm_legacy.js?url';
import { createNavigation, createRouter, FeatureSet, Platform, RootViewModel } from 'hydrogen-view-sdk';
import downloadSandbox from 'hydrogen-view-sdk/download-sandbox.html?url';
import worker from 'hydrogen-view-sdk/main.js?url';
import 'hydrogen-view-sdk/theme-element-light.css';

// Browsers refuse service workers to a site whose certificate was accepted by hand. All but pictures works without one.
async function serviceWorker() {
  try {
    await navigator.serviceWorker.register('sw.js');
    return { serviceWorker: 'sw.js' };
  } catch (error) {
    console.warn(`going on without a service worker: ${error.message}`);
    return {};
  }
}

const assetPaths = {
  downloadSandbox,
  worker,
  olm: { wasm: olmWasm, wasmBundle: olmJs, legacyBundle: olmLegacyJs },
  ...(await serviceWorker()),
};

// The SDK hands each new session to the worker without asking whether there is one.
const noWorker = { version: '', buildHash: '', updateAuthData() {}, checkForUpdate() {} };

const platform = new Platform({
  container: document.querySelector('#app'),
  assetPaths,
  configURL: 'config.json',
  options: { development: false },
});
if (assetPaths.serviceWorker === undefined) Object.defineProperty(platform, 'updateService', { value: noWorker });
await platform.init();
const navigation = createNavigation();
platform.setNavigation(navigation);
const urlRouter = createRouter({ navigation, history: platform.history });
urlRouter.attach();
const features = await FeatureSet.load(platform.settingsStorage);
const root = new RootViewModel({ platform, urlRouter, urlCreator: urlRouter, navigation, features });
platform.createAndMountRootView(root);
await root.load();
