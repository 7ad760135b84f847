/* Tables and JSON of figures. */
#include "base/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

void report_text(FILE *out, int width, const char *text)
{
    char *shown = mem_alloc(4 * strlen(text) + 1);

    text_escape(shown, text);
    fprintf(out, "%*s", width, shown);
    free(shown);
}

/* "[1, 90001]", from the left */
static void list_print(FILE *out, int width, const struct meta *list)
{
    int n = fprintf(out, "[");

    for (size_t i = 0; i < list->count; i++)
        n += fprintf(out, "%s%" PRId64, i > 0 ? ", " : "", list->items[i]->integer);
    fprintf(out, "%*s", width + n < 0 ? width + n : -1, "]");
}

static void cell(FILE *out, const struct report_column *c, const struct meta *value)
{
    if (!value) {
        fprintf(out, "%*s", c->width, "");
    } else if (value->kind == META_TEXT) {
        report_text(out, c->width, value->text);
    } else if (value->kind == META_INT) {
        fprintf(out, "%*" PRId64, c->width, value->integer);
    } else if (value->kind == META_LIST) {
        list_print(out, c->width, value);
    } else if (value->kind == META_REAL && !isnan(value->real)) {
        fprintf(out, c->decimals < 0 ? "%*.*g" : "%*.*f", c->width, abs(c->decimals), value->real);
    } else {
        fprintf(out, "%*s", c->width, "-");
    }
}

void report_head(FILE *out, const struct report_column *columns, size_t count)
{
    bool wanted = true;

    for (int units = 0; units < 2 && wanted; units++) {
        const char *blank = "";

        wanted = false;
        for (size_t i = 0; i < count; i++) {
            const char *word = units ? columns[i].unit : columns[i].head;

            if (columns[i].width == 0)
                continue;
            fprintf(out, "%s%*s", blank, columns[i].width, word ? word : "");
            blank = " ";
            wanted = wanted || columns[i].unit;
        }
        putc('\n', out);
    }
}

void report_row(FILE *out, const struct report_column *columns, size_t count, const struct meta *row, const char *name)
{
    const char *blank = "";

    for (size_t i = 0; i < count; i++) {
        if (columns[i].width == 0)
            continue;
        fputs(blank, out);
        if (columns[i].key)
            cell(out, &columns[i], meta_get(row, columns[i].key));
        else
            report_text(out, columns[i].width, name);
        blank = " ";
    }
}

void report_value(FILE *out, const struct meta *m)
{
    bool numbers = m->kind == META_LIST && m->count > 4;

    for (size_t i = 0; numbers && i < m->count; i++)
        numbers = m->items[i]->kind == META_INT || m->items[i]->kind == META_REAL;
    if (m->kind == META_TEXT) {
        report_text(out, 0, m->text);
    } else if (numbers) {
        meta_json(out, m->items[0]);
        fprintf(out, " ... ");
        meta_json(out, m->items[m->count - 1]);
        fprintf(out, " (%zu values)", m->count);
    } else {
        meta_json(out, m);
    }
}

void report_json(FILE *out, const char *key, struct meta *m)
{
    struct meta *line = m;
    char *text;
    size_t size;
    FILE *to = mem_stream(&text, &size); /* a line is there or it is not */

    if (key) {
        line = meta_map();
        meta_add(line, key, m);
    }
    meta_json(to, line);
    putc('\n', to);
    fclose(to);
    fputs(text, out);
    free(text);
    meta_free(line);
}
