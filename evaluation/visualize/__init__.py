"""Pictures of an exported model: what `unbraid-visualize` draws, as functions that others can call.

`model.open_model(path)` gives a `Model`: `decode` (codes (n, D) to images (n, H, W, C)), `encode` (images to codes),
`posterior` (images to mean and log-variance), `symmetries`, `data` and `kl` ((D,) nats, mean over images of the data
set); a part that is not there raises `MissingPartError`, which says what needs it and how to get it.  Each kind has a
file of pure functions from a decoder function and codes to arrays, and one `draw_*` function:

    traversals.traverse(decode, start, codes, values)            -> images (num_codes, steps, H, W, C)
    reconstructions.reconstruct(encode, decode, images)          -> images (n, H, W, C)
    jacobian.jacobian_forward(decoder, codes)                    -> columns (n, D, H, W, C), by forward-mode
    jacobian.jacobian_difference(decode, codes, epsilon)         -> the same by central finite differences
    shared.kl.kl_per_code(mean, log_variance)                    -> (D,) nats

`draw_*(model, options)` yields `Drawing`s: a name, a sentence, and either a matplotlib `Figure` or GIF frames.  An HTML
page embeds one with `shared.saving.image_bytes(drawing, "png")`; `shared.mosaic.mosaic_figure` makes a named grid of
any images, and `shared.axes_charts.heat_map_figure` of any matrix."""
