// Lists with a search are called by their labels. Django's have no name, and a screen reader says “combobox” only.
'use strict';
{
    const name = (select) => {
        const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
        const list = select.nextElementSibling?.querySelector('.select2-selection[role="combobox"]');
        if (label && list) {
            label.id ||= `${select.id}_label`;
            // What is chosen is the list's content, which is read as its value.
            list.setAttribute('aria-labelledby', label.id);
            if (select.hasAttribute('aria-describedby')) {
                list.setAttribute('aria-describedby', select.getAttribute('aria-describedby'));
            }
        }
    };
    const nameAll = (part) => part.querySelectorAll('select.admin-autocomplete').forEach(name);

    django.jQuery(() => {
        nameAll(document);
        document.addEventListener('formset:added', (event) => nameAll(event.target));
    });
}
