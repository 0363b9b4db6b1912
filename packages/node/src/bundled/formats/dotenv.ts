export { env as store } from "@isosops/formats/env";
