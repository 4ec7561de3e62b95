// What was added in a popup is chosen. Django does it for lists; boxes to tick have no list that it could add to.
'use strict';
{
    const boxesOf = (popup) => {
        const field = document.getElementById(popup.name.replace(/__\d+$/, ''));
        return field?.tagName === 'DIV' && field.querySelector('input[type="checkbox"]') !== null ? field : null;
    };

    const add = (field, value, text) => {
        const model = field.querySelector('input[type="checkbox"]');
        const line = model.closest('div').cloneNode(true);
        const box = line.querySelector('input');
        const count = field.querySelectorAll('input[type="checkbox"]').length;
        const name = field.id.replace(/^id_/, '');
        box.id = `${field.id}_${count}`;
        box.name = name;
        box.value = value;
        box.checked = true;
        const label = line.querySelector('label');
        label.htmlFor = box.id;
        label.replaceChildren(box, ` ${text}`);
        model.closest('div').parentElement.append(line);
        box.focus();
        box.dispatchEvent(new Event('change', {bubbles: true}));
    };

    const standard = window.dismissAddRelatedObjectPopup;
    window.dismissAddRelatedObjectPopup = (popup, value, text) => {
        const field = boxesOf(popup);
        if (!field) {
            standard(popup, value, text);
            return;
        }
        add(field, value, text);
        window.relatedWindows = (window.relatedWindows ?? []).filter((each) => each !== popup);
        popup.close();
    };
}
