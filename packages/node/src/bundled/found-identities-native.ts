export { findIdentities } from "../identities/find-identities.js";
