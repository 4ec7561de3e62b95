// The rows of a form: fold them to a line each, move them up and down, add and remove them by keyboard.
// Without this script every row stands open, and its position is typed.
'use strict';
{
    const MANY = 8;
    const GROUP = '.js-inline-admin-formset[data-inline-type="stacked"]';
    const word = (name) => document.getElementById('casebook-moved').dataset[name];
    const template = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
    const say = (text) => { document.getElementById('casebook-moved').textContent = text; };
    const rowsOf = (group) => [...group.querySelectorAll('.inline-related:not(.empty-form)')];
    const groupOf = (row) => row.closest('.inline-group');
    const isOrdered = (group) => group.querySelector('fieldset.casebook-ordered') !== null;
    const positionOf = (row) => row.querySelector('[name$="-position"]');
    const changed = (element) => element.dispatchEvent(new Event('change', {bubbles: true}));

    // -- What a row is called

    const valueOf = (field) => {
        if (field.tagName === 'SELECT') {
            return [...field.selectedOptions].filter((option) => option.value).map((option) => option.text).join(', ');
        }
        return field.value.trim();
    };

    const shortened = (text) => (text.length > 100 ? `${text.slice(0, 99)}…` : text);

    const firstValues = (row) => {
        const fields = [...row.querySelectorAll('input[type="text"], textarea, select')];
        const values = fields.filter((field) => !field.closest('.collapse')).map(valueOf).filter(Boolean);
        return shortened(values.slice(0, 2).join(': '));
    };

    const nameOf = (row) => {
        const kind = row.querySelector('h3 b').textContent.trim();
        const label = row.querySelector('.inline_label');
        // A row that was stored keeps the name that the server gave it; a new one is called by what is typed.
        const own = row.classList.contains('has_original') ? label.textContent.trim() : firstValues(row);
        const text = `${kind} ${own || label.textContent.trim()}`.replace(/\s+/g, ' ');
        return shortened(text);
    };

    const setNames = (row) => {
        const name = nameOf(row);
        for (const button of row.querySelectorAll('[data-move]')) {
            button.setAttribute('aria-label', button.dataset.name.replace('ROW', () => name));
        }
        for (const link of row.querySelectorAll('.inline-deletelink')) {
            link.setAttribute('aria-label', word('remove').replace('ROW', () => name));
        }
        const preview = row.querySelector('.casebook-preview');
        if (preview) {
            preview.textContent = firstValues(row);
        }
    };

    // -- Folding

    const setFolded = (row, folded) => {
        row.classList.toggle('casebook-folded', folded);
        row.querySelector('.casebook-fold').setAttribute('aria-expanded', String(!folded));
    };

    // The name of the row becomes the button that opens it.
    const makeFoldable = (row) => {
        const heading = row.querySelector('h3');
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'casebook-fold';
        button.setAttribute('aria-expanded', 'true');
        button.append(heading.querySelector('b'), ' ', heading.querySelector('.inline_label'));
        heading.prepend(button);
        if (!row.classList.contains('has_original')) {
            const preview = document.createElement('span');
            preview.className = 'casebook-preview';
            button.append(' ', preview);
        }
    };

    const hasErrors = (row) => row.querySelector('.errorlist, .errors') !== null;

    const foldMany = (group) => {
        const rows = rowsOf(group);
        if (rows.length <= MANY) {
            return;
        }
        for (const row of rows) {
            setFolded(row, !hasErrors(row) && row.classList.contains('has_original'));
        }
        const buttons = template('casebook-fold-all');
        rows[0].before(buttons);
    };

    const openTarget = () => {
        const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        if (target && target.matches('.inline-related') && target.querySelector('.casebook-fold')) {
            setFolded(target, false);
            target.scrollIntoView();
            target.querySelector('.casebook-fold').focus();
        }
    };

    // -- Order

    // The numbers that the rows have already, in the new order: rows of the same kind in other forms keep their places.
    const renumber = (group) => {
        const fields = rowsOf(group).map(positionOf);
        const numbers = fields.map((field) => parseInt(field.value, 10)).filter(Number.isFinite).sort((a, b) => a - b);
        let last = 0;
        fields.forEach((field, index) => {
            last = Math.max(numbers[index] ?? 0, last + 1);
            if (field.value !== String(last)) {
                field.value = String(last);
                changed(field);
            }
        });
    };

    // The neighbour goes past the row: what has the focus stays where it is in the document, and keeps it.
    const move = (row, direction) => {
        const rows = rowsOf(groupOf(row));
        const place = rows.indexOf(row);
        const other = rows[direction === 'up' ? place - 1 : place + 1];
        if (!other) {
            say(word(direction === 'up' ? 'first' : 'last').replace('ROW', () => nameOf(row)));
            return;
        }
        row[direction === 'up' ? 'after' : 'before'](other);
        renumber(groupOf(row));
        const now = rowsOf(groupOf(row)).indexOf(row) + 1;
        say(word('moved').replace('PLACE', now).replace('TOTAL', rows.length).replace('ROW', () => nameOf(row)));
        row.scrollIntoView({block: 'nearest'});
    };

    // -- Setting up

    const prepare = (row) => {
        if (row.querySelector('.casebook-fold')) {
            return;
        }
        makeFoldable(row);
        if (isOrdered(groupOf(row)) && positionOf(row)) {
            row.querySelector('h3').append(template('casebook-row-tools'));
        }
        setNames(row);
    };

    const firstField = (row) => row.querySelector(
        ':is(input:not([type="hidden"]), textarea, select, .select2-selection):not([tabindex="-1"]):not([disabled])'
    );

    // Django numbers the rows anew by where they stand when one is removed, and takes the first ones for those that are
    // stored. So they stand by their number for that moment, and after it in the order that the editor gave them.
    const inTheirNumbers = (group) => {
        const shown = rowsOf(group);
        const number = (row) => parseInt(row.id.slice(row.id.lastIndexOf('-') + 1), 10);
        const empty = group.querySelector('.empty-form');
        [...shown].sort((a, b) => number(a) - number(b)).forEach((row) => empty.before(row));
        queueMicrotask(() => {
            shown.forEach((row) => empty.before(row));
            shown.forEach(setNames);
            (group.querySelector('.add-row a') ?? shown.at(-1))?.focus();
        });
    };

    django.jQuery(() => {
        for (const group of document.querySelectorAll(GROUP)) {
            rowsOf(group).forEach(prepare);
            foldMany(group);
        }
        document.addEventListener('formset:added', (event) => {
            if (event.target.matches?.('.inline-related') && event.target.closest(GROUP)) {
                prepare(event.target);
            }
            firstField(event.target)?.focus();
        });
        document.addEventListener('formset:removed', (event) => {
            const group = document.getElementById(`${event.detail.formsetName}-group`);
            if (group.matches(GROUP)) {
                inTheirNumbers(group);
            }
        });
        document.addEventListener('click', (event) => {
            const button = event.target.closest('button');
            const row = button?.closest('.inline-related');
            if (button?.dataset.move) {
                move(row, button.dataset.move);
            } else if (button?.matches('.casebook-fold')) {
                setFolded(row, !row.classList.contains('casebook-folded'));
            } else if (button?.dataset.fold) {
                rowsOf(groupOf(button)).forEach((each) => setFolded(each, button.dataset.fold === 'shut' && !hasErrors(each)));
            }
        });
        document.addEventListener('change', (event) => {
            const row = event.target.closest('.inline-related:not(.empty-form)');
            if (row?.querySelector('.casebook-fold')) {
                setNames(row);
            }
        });
        // Django's “Add another” and “Remove” are links that are called buttons: the space bar presses a button.
        document.addEventListener('keydown', (event) => {
            if (event.key === ' ' && event.target.matches('a[role="button"]')) {
                event.preventDefault();
                event.target.click();
            }
        });
        addEventListener('hashchange', openTarget);
        openTarget();
    });
}
