/// <reference path="./bcrypt-pbkdf.d.ts" />

/**
 * bcrypt_pbkdf, by which OpenSSH derives the keys of private keys (OpenBSD: lib/libutil/bcrypt_pbkdf.c). The library is
 * CommonJS, which browsers and Rollup do not read, so the build puts it into this module: bundle.js.
 */
export { default } from "bcrypt-pbkdf";
