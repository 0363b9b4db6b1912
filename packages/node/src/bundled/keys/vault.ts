export { vaultTransitSource as source } from "@isosops/keys/vault";
