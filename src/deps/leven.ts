/**
 * The distance of words, by itself: the command line must not load the rest to tell of a typing error.
 *
 * @module
 */

export { closestMatch } from "npm:leven@^4.1.0";
