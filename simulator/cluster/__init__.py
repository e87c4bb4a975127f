"""The world: devices, stragglers, links, routes and the compiled fabric. It knows no gradients."""
