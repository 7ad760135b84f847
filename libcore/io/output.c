/* Segments that follow those of the input. */
#include "io/output.h"

#include "base/history.h"

static struct meta *next_head(const struct output *o)
{
    struct meta *head = meta_copy(o->head);

    history_put(head, o->streams, o->done + 1);
    return head;
}

int output_begin(struct output *o)
{
    struct meta *head = next_head(o);

    o->w = writer_new(o->fd, o->label, o->kind, head);
    meta_free(head);
    return o->w ? 0 : -1;
}

int output_follow(struct output *o, const struct reader *r)
{
    struct meta *head;
    int status;

    if (o->streams && o->segment == reader_segment(r))
        return 0;
    o->streams = o->streams ? o->streams : meta_list();
    o->segment = reader_segment(r);
    history_more(o->streams, reader_meta(r));
    if (!o->w)
        return 0;
    o->done += writer_frames(o->w) > 0;
    head = next_head(o);
    status = writer_next(o->w, o->kind, head);
    meta_free(head);
    return status;
}

int output_end(struct output *o, int status)
{
    if (o->w && status)
        writer_abandon(o->w);
    else if (o->w)
        status = writer_end(o->w);
    meta_free(o->head);
    meta_free(o->streams);
    return status;
}
