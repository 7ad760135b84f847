/* HTML without a request to anywhere: style, script, pictures and sound are in it. */
#include "page.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Colours are those of the browser, light or dark; the white paper of pictures is turned where they are dark. */
static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; media-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif }\n"
    "body { max-width: 76rem; margin: 0 auto; padding: 0 1rem 3rem; overflow-wrap: anywhere }\n"
    "h1, h2, h3 { line-height: 1.2 }\n"
    "h2 { margin-top: 2.5rem; border-top: 1px solid GrayText; padding-top: 1rem }\n"
    ".row { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)) }\n"
    "figure { margin: 0 }\n"
    "figcaption p { margin: .3rem 0 }\n"
    "img { display: block; width: 100%; max-width: 34rem; height: auto }\n"
    "audio { display: block; width: 100%; max-width: 34rem; margin: .3rem 0 }\n"
    "button { font: inherit; padding: .6rem 1rem; margin: .3rem 0 }\n"
    "table { border-collapse: collapse }\n"
    "th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid GrayText }\n"
    "dt { font-weight: bold }\n"
    "dd { margin: 0 0 .5rem }\n"
    "@media (prefers-color-scheme: dark) { img { filter: invert(1) hue-rotate(180deg) } }\n"
    "@media (max-width: 40rem) { td, th { display: block; border: 0; padding: 0 } "
    "tr { display: block; border-bottom: 1px solid GrayText; padding: .5rem 0 } thead { display: none } }\n"
    "</style>\n<title>";

/* Shown by the script alone. */
static const char test[] =
    "<section id=\"test\" hidden>\n<h2>Listening test</h2>\n"
    "<p>One of the two is the recording, the other was made by the model. Which is the recording?</p>\n"
    "<p id=\"trial\"></p>\n<div class=\"row\">\n"
    "<div><audio controls aria-label=\"A\"></audio><button type=\"button\">A is the recording</button></div>\n"
    "<div><audio controls aria-label=\"B\"></audio><button type=\"button\">B is the recording</button></div>\n"
    "</div>\n<p id=\"score\" role=\"status\"></p>\n"
    "<button type=\"button\" id=\"again\">Begin again</button>\n</section>\n";

/* Recording i against its reconstruction and against new clip i, in an order that is drawn; answers are counted. */
static const char script[] =
    "<script>\n'use strict';\n{\n"
    "const get = id => document.getElementById(id), section = get('test');\n"
    "const players = section.querySelectorAll('audio'), picks = section.querySelectorAll('.row button');\n"
    "let trials, at, order;\n"
    "function show() {\n"
    "  players.forEach(p => p.pause());\n"
    "  picks.forEach(b => b.disabled = at === trials.length);\n"
    "  get('trial').textContent = at < trials.length ? `Pair ${at + 1} of ${trials.length}` : 'That was the last pair.';\n"
    "  if (at === trials.length) return;\n"
    "  order = Math.random() < 0.5 ? 0 : 1;\n"
    "  players[order].src = get(trials[at].recording).src;\n"
    "  players[1 - order].src = get(trials[at].made).src;\n"
    "}\n"
    "function count(kind) {\n"
    "  const of = trials.slice(0, at).filter(t => t.kind === kind);\n"
    "  return `${of.filter(t => t.right).length} of ${of.length} ${kind}`;\n"
    "}\n"
    "function begin() {\n"
    "  trials = [];\n"
    "  for (let i = 0; get('recording-' + i); i++)\n"
    "    for (const kind of ['reconstruction', 'new'])\n"
    "      if (get(kind + '-' + i))\n"
    "        trials.push({recording: 'recording-' + i, made: kind + '-' + i, kind: kind === 'new' ? 'new clips' : kind + 's'});\n"
    "  for (let i = trials.length - 1; i > 0; i--) {\n"
    "    const j = Math.floor(Math.random() * (i + 1));\n"
    "    [trials[i], trials[j]] = [trials[j], trials[i]];\n"
    "  }\n"
    "  at = 0;\n"
    "  get('score').textContent = '';\n"
    "  show();\n"
    "}\n"
    "picks.forEach((b, i) => b.addEventListener('click', () => {\n"
    "  trials[at].right = i === order;\n"
    "  get('score').textContent = (trials[at++].right ? 'Right. ' : 'Wrong. ') + 'Told from the recording: '\n"
    "    + count('reconstructions') + ', ' + count('new clips') + '. Guessing tells half.';\n"
    "  show();\n"
    "}));\n"
    "get('again').addEventListener('click', begin);\n"
    "document.addEventListener('play', e => document.querySelectorAll('audio').forEach(a => a === e.target || a.pause()), true);\n"
    "begin();\n"
    "section.hidden = false;\n"
    "}\n</script>\n";

void page_text(FILE *page, const char *text)
{
    char *valid = text_valid(text), *visible = mem_alloc(4 * strlen(valid) + 1);

    text_escape(visible, valid);
    for (const char *p = visible; *p != '\0'; p++)
        switch (*p) {
        case '&':
            fputs("&amp;", page);
            break;
        case '<':
            fputs("&lt;", page);
            break;
        case '>':
            fputs("&gt;", page);
            break;
        case '"':
            fputs("&quot;", page);
            break;
        default:
            putc(*p, page);
        }
    free(visible);
    free(valid);
}

void page_put(FILE *page, const char *element, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    size_t size;
    FILE *words = mem_stream(&text, &size);

    va_start(args, format);
    vfprintf(words, format, args);
    va_end(args);
    fclose(words);
    fprintf(page, "<%s>", element);
    page_text(page, text);
    fprintf(page, "</%.*s>\n", (int)strcspn(element, " "), element);
    free(text);
}

void page_figure(FILE *page, const char *format, double figure)
{
    if (isfinite(figure))
        page_put(page, "td", format, figure);
    else
        page_put(page, "td", "%s", "");
}

/* As base64, RFC 4648; bytes are released. */
static void data_put(FILE *page, const char *type, unsigned char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    fprintf(page, "data:%s;base64,", type);
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        unsigned int three = (unsigned int)bytes[i] << 16 | (left > 1 ? (unsigned int)bytes[i + 1] << 8 : 0) |
                             (left > 2 ? (unsigned int)bytes[i + 2] : 0);

        for (size_t k = 0; k < 4; k++)
            putc(k <= left ? digits[three >> (18 - 6 * k) & 63] : '=', page);
    }
    free(bytes);
}

void page_picture(FILE *page, unsigned char *png, size_t size, const char *about)
{
    fputs("<img alt=\"", page);
    page_text(page, about);
    fputs("\" src=\"", page);
    data_put(page, "image/png", png, size);
    fputs("\">\n", page);
}

void page_audio(FILE *page, unsigned char *ogg, size_t size, const char *about, const char *id)
{
    fprintf(page, "<audio controls preload=\"metadata\" id=\"%s\" aria-label=\"", id);
    page_text(page, about);
    fputs("\" src=\"", page);
    data_put(page, "audio/ogg; codecs=opus", ogg, size);
    fputs("\">This browser does not play Ogg Opus.</audio>\n", page);
}

void page_begin(FILE *page, const char *title)
{
    fputs(head, page);
    page_text(page, title);
    fputs("</title>\n</head>\n<body>\n<header>\n", page);
    page_put(page, "h1", "%s", title);
    fputs("</header>\n<main>\n", page);
}

void page_test(FILE *page)
{
    fputs(test, page);
}

void page_end(FILE *page)
{
    fprintf(page, "</main>\n%s</body>\n</html>\n", script);
}
