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

/* "[1, 90001]" */
static char *list_text(const struct meta *list)
{
    char *text = mem_text("[");

    for (size_t i = 0; i <= list->count; i++) {
        char *longer = i < list->count ? mem_format("%s%s%" PRId64, text, i > 0 ? ", " : "", list->items[i]->integer)
                                       : mem_format("%s]", text);

        free(text);
        text = longer;
    }
    return text;
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
        char *text = list_text(value);

        fprintf(out, "%*s", c->width, text);
        free(text);
    } else if (value->kind == META_REAL && !isnan(value->real)) {
        fprintf(out, c->decimals < 0 ? "%*.*g" : "%*.*f", c->width, abs(c->decimals), value->real);
    } else {
        fprintf(out, "%*s", c->width, "-");
    }
}

static void heads(FILE *out, const struct report_column *columns, size_t count, bool units)
{
    const char *blank = "";

    for (size_t i = 0; i < count; i++) {
        const char *word = units ? columns[i].unit : columns[i].head;

        if (columns[i].width != 0) {
            fprintf(out, "%s%*s", blank, columns[i].width, word ? word : "");
            blank = " ";
        }
    }
    putc('\n', out);
}

void report_head(FILE *out, const struct report_column *columns, size_t count)
{
    bool units = false;

    for (size_t i = 0; i < count; i++)
        units = units || (columns[i].width != 0 && columns[i].unit);
    heads(out, columns, count, false);
    if (units)
        heads(out, columns, count, true);
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

void report_json(FILE *out, const char *key, struct meta *m)
{
    struct meta *line = m;

    if (key) {
        line = meta_map();
        meta_add(line, key, m);
    }
    meta_json(out, line);
    putc('\n', out);
    meta_free(line);
}
