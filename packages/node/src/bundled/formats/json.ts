export { json as store } from "@isosops/formats/json";
