// Picks the point of a place on our own map: Equal Earth there and back (mainstreaming/projection.py has the source).
'use strict';
{
    const dialog = document.getElementById('casebook-picker');
    // How far one can zoom in: the smallest width of the view, in the map's units. A hundredth of it is below 0.01°.
    const NEAREST = 4;
    // Closer than this, the coast is too coarse to say anything; it is where a place opens that has a point.
    const USUAL = 60;

    const numbers = ({width, height, scale, top, a1, a2, a3, a4}) => ({
        width: Number(width), height: Number(height), scale: Number(scale), top: Number(top),
        a: [a1, a2, a3, a4].map(Number),
    });

    const projection = (map) => {
        const [A1, A2, A3, A4] = map.a;
        const M = Math.sqrt(3) / 2;
        const radians = Math.PI / 180;
        const slope = (t) => A1 + 3 * A2 * t ** 2 + t ** 6 * (7 * A3 + 9 * A4 * t ** 2);
        const rise = (t) => t * (A1 + A2 * t ** 2 + t ** 6 * (A3 + A4 * t ** 2));
        return {
            // Degrees to the map's units.
            project(longitude, latitude) {
                const theta = Math.asin(M * Math.sin(latitude * radians));
                const x = longitude * radians * Math.cos(theta) / (M * slope(theta));
                return [map.width / 2 + map.scale * x, map.scale * (map.top - rise(theta))];
            },
            // The map's units to degrees, by Newton's method; null beside the Earth.
            unproject(x, y) {
                const north = map.top - y / map.scale;
                let theta = north;
                for (let turn = 0; turn < 12; turn += 1) {
                    theta -= (rise(theta) - north) / slope(theta);
                }
                const sine = Math.sin(theta) / M;
                const longitude = (x - map.width / 2) / map.scale * M * slope(theta) / Math.cos(theta) / radians;
                if (!(Math.abs(sine) <= 1 && Math.abs(longitude) <= 180)) {
                    return null;
                }
                return [longitude, Math.asin(sine) / radians];
            },
        };
    };

    const set = (element, attributes) => {
        for (const [name, value] of Object.entries(attributes)) {
            element.setAttribute(name, value);
        }
    };

    const start = () => {
        const map = numbers(dialog.dataset);
        const earth = projection(map);
        // For tests, which hold it against the Python one.
        dialog.earth = earth;
        const svg = dialog.querySelector('svg');
        const [old, halo, cross] = ['old', 'halo', 'cross'].map((name) => svg.querySelector(`.casebook-picker__${name}`));
        const others = svg.querySelector('[data-others]');
        const where = dialog.querySelector('output');
        const view = {x: 0, y: 0, width: map.width};
        let row = null, point = [0, 0];

        const field = (of, name) => of.querySelector(`[name$="-${name}"]`);
        const pointOf = (of) => {
            const values = ['longitude', 'latitude'].map((name) => field(of, name).value.trim());
            const [longitude, latitude] = values.map(Number);
            const isThere = values.every(Boolean) && Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
            return isThere ? earth.project(longitude, latitude) : null;
        };
        const ratio = () => {
            const box = svg.getBoundingClientRect();
            return box.width ? box.height / box.width : map.height / map.width;
        };

        const draw = () => {
            const height = view.width * ratio();
            svg.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${height}`);
            const arm = view.width / 30;
            const [x, y] = point;
            const lines = `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`;
            set(cross, {d: lines, 'stroke-width': view.width / 250});
            set(halo, {d: lines, 'stroke-width': view.width / 90});
            for (const dot of svg.querySelectorAll('circle')) {
                dot.setAttribute('r', view.width / 120);
            }
            const degrees = earth.unproject(x, y).map((value) => value.toFixed(4));
            where.textContent = where.dataset.where.replace('LAT', degrees[1]).replace('LONG', degrees[0]);
        };

        // The view holds the map as far as it can, and never leaves it.
        const clamp = () => {
            const height = view.width * ratio();
            const within = (value, size, all) => size >= all ? (all - size) / 2 : Math.min(Math.max(value, 0), all - size);
            view.x = within(view.x, view.width, map.width);
            view.y = within(view.y, height, map.height);
        };
        const centre = ([x, y]) => {
            view.x = x - view.width / 2;
            view.y = y - view.width * ratio() / 2;
            clamp();
        };
        const moveTo = (x, y) => {
            if (earth.unproject(x, y) !== null && y >= 0 && y <= map.height) {
                point = [x, y];
            }
            const height = view.width * ratio();
            const isOut = point[0] < view.x || point[0] > view.x + view.width || point[1] < view.y || point[1] > view.y + height;
            if (isOut) {
                centre(point);
            }
            draw();
        };
        // Zooms so that `held` stays where it is on the screen.
        const zoom = (factor, held = point) => {
            const width = Math.min(Math.max(view.width * factor, NEAREST), map.width);
            const share = width / view.width;
            view.x = held[0] - (held[0] - view.x) * share;
            view.y = held[1] - (held[1] - view.y) * share;
            view.width = width;
            clamp();
            draw();
        };
        const at = (event) => {
            const box = svg.getBoundingClientRect();
            const unit = view.width / box.width;
            return [view.x + (event.clientX - box.left) * unit, view.y + (event.clientY - box.top) * unit];
        };

        const open = (of) => {
            row = of;
            const here = pointOf(row);
            const name = field(row, 'name').value.trim();
            dialog.querySelector('[data-place]').textContent = name && `· ${name}`;
            others.replaceChildren();
            for (const each of document.querySelectorAll('.inline-related:not(.empty-form)')) {
                const found = each !== row && field(each, 'latitude') ? pointOf(each) : null;
                if (found) {
                    const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
                    set(dot, {cx: found[0], cy: found[1], class: 'casebook-picker__other'});
                    others.append(dot);
                }
            }
            old.toggleAttribute('hidden', here === null);
            if (here) {
                set(old, {cx: here[0], cy: here[1]});
            }
            // Where there is no point yet, near the case's other places, or at the middle of the map.
            const near = others.querySelector('circle');
            point = here ?? (near ? [near.cx.baseVal.value, near.cy.baseVal.value] : [map.width / 2, map.height / 2]);
            view.width = here || near ? USUAL : map.width;
            dialog.showModal();
            centre(point);
            draw();
            svg.focus();
        };

        const take = () => {
            const degrees = earth.unproject(...point);
            ['longitude', 'latitude'].forEach((name, index) => {
                const input = field(row, name);
                input.value = degrees[index].toFixed(4);
                input.dispatchEvent(new Event('change', {bubbles: true}));
            });
            dialog.close();
        };

        const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
        svg.addEventListener('keydown', (event) => {
            const way = ARROWS[event.key];
            if (way) {
                const step = view.width / (event.shiftKey ? 400 : 30);
                moveTo(point[0] + way[0] * step, point[1] + way[1] * step);
            } else if (event.key === '+' || event.key === '=') {
                zoom(0.5);
            } else if (event.key === '-' || event.key === '−') {
                zoom(2);
            } else if (event.key === 'Enter') {
                take();
            } else {
                return;
            }
            event.preventDefault();
        });
        svg.addEventListener('wheel', (event) => {
            event.preventDefault();
            zoom(event.deltaY < 0 ? 0.8 : 1.25, at(event));
        }, {passive: false});

        // One finger or the mouse: a drag moves the map, a tap the cross. Two fingers zoom.
        const fingers = new Map();
        let dragged = 0;
        const spread = () => {
            const [a, b] = [...fingers.values()];
            return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
        };
        svg.addEventListener('pointerdown', (event) => {
            svg.setPointerCapture(event.pointerId);
            fingers.set(event.pointerId, event);
            dragged = fingers.size > 1 ? Infinity : 0;
        });
        svg.addEventListener('pointermove', (event) => {
            const before = fingers.get(event.pointerId);
            if (!before) {
                return;
            }
            if (fingers.size === 2) {
                const was = spread();
                fingers.set(event.pointerId, event);
                zoom(was / Math.max(spread(), 1), at(event));
                return;
            }
            const [x0, y0] = at(before), [x1, y1] = at(event);
            fingers.set(event.pointerId, event);
            dragged += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
            view.x -= x1 - x0;
            view.y -= y1 - y0;
            clamp();
            draw();
        });
        const lifted = (event) => {
            fingers.delete(event.pointerId);
            if (event.type === 'pointerup' && dragged < 6) {
                moveTo(...at(event));
            }
        };
        svg.addEventListener('pointerup', lifted);
        svg.addEventListener('pointercancel', lifted);
        addEventListener('resize', () => dialog.open && (clamp(), draw()));

        for (const button of dialog.querySelectorAll('[data-zoom]')) {
            button.addEventListener('click', () => zoom(button.dataset.zoom === 'in' ? 0.5 : 2));
        }
        dialog.querySelector('[data-take]').addEventListener('click', take);
        dialog.querySelector('[data-leave]').addEventListener('click', () => dialog.close());

        const offer = (of) => {
            const input = of.querySelector('[name$="-longitude"]');
            if (input && !of.querySelector('.casebook-pick') && !of.matches('.empty-form')) {
                const button = document.getElementById('casebook-pick').content.firstElementChild.cloneNode(true);
                button.addEventListener('click', () => open(of));
                input.closest('.form-row').append(button);
            }
        };
        document.querySelectorAll('.inline-related').forEach(offer);
        document.addEventListener('formset:added', (event) => offer(event.target));
    };

    if (dialog) {
        start();
    }
}
