export { binary as store } from "@isosops/formats/binary";
