/* The numbers of a JSON object. */
#ifndef PLOT_JSON_H
#define PLOT_JSON_H

/* Reads text as one JSON object and calls number for each of its own members
 * (not those of objects within) that is a number, or null: then value is NaN.
 * Keys come as written, escapes and all. -1: text is something else. */
int json_numbers(const char *text, void (*number)(void *arg, const char *key, double value), void *arg);

#endif
