export { azureKeyVaultSource as source } from "@isosops/keys/azure";
