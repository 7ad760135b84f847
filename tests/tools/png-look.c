/* Says what is drawn in a PNG: png-look FILE [RRGGBB] prints "WIDTH HEIGHT",
 * then for each connected patch of that colour (without one: of the dark blue of
 * waves and points) "X0 Y0 X1 Y1", from the top, from the left. Patches of
 * fewer than four pixels do not count. */
#include <cairo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static int colour = 0x2B66A8;
enum { NEAR = 6, SMALL = 4 };

static int width, height;
static const unsigned char *pixels;
static int stride;

static int is_coloured(int x, int y)
{
    uint32_t p = ((const uint32_t *)(const void *)(pixels + y * stride))[x];

    for (int shift = 0; shift < 24; shift += 8)
        if (abs((int)(p >> shift & 0xFF) - (colour >> shift & 0xFF)) > NEAR)
            return 0;
    return 1;
}

/* Prints the patch around (x, y) and marks it as seen. */
static void patch_print(unsigned char *seen, int *stack, int x, int y)
{
    int x0 = x, x1 = x, y0 = y, y1 = y, depth = 0, size = 0;

    stack[depth++] = y * width + x;
    seen[y * width + x] = 1;
    while (depth > 0) {
        int at = stack[--depth], ax = at % width, ay = at / width;

        size++;
        x0 = ax < x0 ? ax : x0;
        x1 = ax > x1 ? ax : x1;
        y0 = ay < y0 ? ay : y0;
        y1 = ay > y1 ? ay : y1;
        for (int i = 0; i < 9; i++) {
            int nx = ax + i % 3 - 1, ny = ay + i / 3 - 1;

            if (nx < 0 || ny < 0 || nx >= width || ny >= height)
                continue;
            if (!seen[ny * width + nx] && is_coloured(nx, ny)) {
                seen[ny * width + nx] = 1;
                stack[depth++] = ny * width + nx;
            }
        }
    }
    if (size >= SMALL)
        printf("%d %d %d %d\n", x0, y0, x1, y1);
}

int main(int argc, char **argv)
{
    cairo_surface_t *surface = argc >= 2 ? cairo_image_surface_create_from_png(argv[1]) : NULL;
    unsigned char *seen;
    int *stack;

    if (surface == NULL || cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        fprintf(stderr, "png-look: expected a PNG file\n");
        return 1;
    }
    if (argc > 2)
        colour = (int)strtol(argv[2], NULL, 16);
    width = cairo_image_surface_get_width(surface);
    height = cairo_image_surface_get_height(surface);
    stride = cairo_image_surface_get_stride(surface);
    pixels = cairo_image_surface_get_data(surface);
    printf("%d %d\n", width, height);
    seen = mem_zero((size_t)width, (size_t)height);
    stack = mem_zero((size_t)width * (size_t)height, sizeof *stack);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            if (!seen[y * width + x] && is_coloured(x, y))
                patch_print(seen, stack, x, y);
    free(seen);
    free(stack);
    cairo_surface_destroy(surface);
    return 0;
}
