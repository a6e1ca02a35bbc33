import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.javarosa.core.model.Constants;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.SelectChoice;
import org.javarosa.core.model.data.AnswerDataFactory;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.data.MultipleItemsData;
import org.javarosa.core.model.data.SelectMultiData;
import org.javarosa.core.model.data.SelectOneData;
import org.javarosa.core.model.data.StringData;
import org.javarosa.core.model.data.UncastData;
import org.javarosa.core.model.data.helper.Selection;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.reference.Reference;
import org.javarosa.core.reference.ReferenceFactory;
import org.javarosa.core.reference.ReferenceManager;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.form.api.FormEntryCaption;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.form.api.FormEntryPrompt;
import org.javarosa.model.xform.XFormSerializingVisitor;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.model.xform.XPathReference;
import org.javarosa.xform.util.XFormUtils;
import org.opendatakit.validate.StubPropertyManager;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Fills forms as ODK Collect would, with the engine of ODK Collect, from sample submissions.
 *
 * The one argument is a folder with a folder for each form, holding `form.xml`, its lists, `samples/*.xml`,
 * `preset.txt` (paths that no person fills in: taken from the sample) and `wrong.tsv` (path, an answer that
 * must not pass). Every sample is walked in every language of the form; what came out is written to
 * `filled/`, and each thing seen is a line on standard output: form, language, sample, kind, path, text.
 */
public class Fill {
    static PrintStream out;

    public static void main(String[] arguments) throws Exception {
        out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // JavaRosa's own words are not ours
        new XFormsModule().registerModule();
        PropertyManager.setPropertyManager(new StubPropertyManager());
        for (Path folder : children(Path.of(arguments[0]))) {
            new Fill(folder).run();
        }
    }

    static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            return found.sorted().toList();
        }
    }

    final Path folder;
    final Set<String> tried = new HashSet<>();
    String language = "";
    String sampleName = "";
    FormDef form;
    FormEntryController controller;
    Element sample;

    Fill(Path folder) {
        this.folder = folder;
    }

    void run() throws Exception {
        ReferenceManager.instance().reset();
        ReferenceManager.instance().addReferenceFactory(new FolderFactory(folder));
        for (Path file : children(folder.resolve("samples"))) {
            sampleName = file.getFileName().toString();
            for (String one : open().getLocalizer().getAvailableLocales()) {
                language = one;
                fill(file);
            }
        }
    }

    FormDef open() throws Exception {
        try (InputStream stream = new FileInputStream(folder.resolve("form.xml").toFile())) {
            return XFormUtils.getFormFromInputStream(stream);
        }
    }

    void fill(Path file) throws Exception {
        DocumentBuilderFactory documents = DocumentBuilderFactory.newInstance();
        sample = documents.newDocumentBuilder().parse(file.toFile()).getDocumentElement();
        form = open();
        form.initialize(true, new InstanceInitializationFactory());
        controller = new FormEntryController(new FormEntryModel(form));
        controller.setLanguage(language);
        for (String path : Files.readAllLines(folder.resolve("preset.txt"))) {
            preset(path);
        }
        walk();
        byte[] filled = new XFormSerializingVisitor().serializeInstance(form.getMainInstance(), form);
        Path target = folder.resolve("filled").resolve(language);
        Files.createDirectories(target);
        Files.write(target.resolve(sampleName), filled);
    }

    /** What Collect itself fills in, and what is made by chance, stands as in the sample. */
    void preset(String path) {
        TreeReference reference = (TreeReference) XPathReference.getPathExpr(path).getReference();
        int at = path.indexOf("/@");
        Element owner = sampleNode(path.substring(0, at < 0 ? path.length() : at));
        if (owner != null) {
            String text = at < 0 ? owner.getTextContent() : owner.getAttribute(path.substring(at + 2));
            form.setValue(text.isEmpty() ? null : new StringData(text), reference, true);
        }
    }

    Element sampleNode(String path) {
        Element node = sample;
        for (String step : path.substring(1).split("/")) {
            if (step.equals(sample.getTagName()) && node == sample) {
                continue;
            }
            node = child(node, step, 0);
            if (node == null) {
                return null;
            }
        }
        return node;
    }

    void walk() {
        int event = controller.stepToNextEvent();
        while (event != FormEntryController.EVENT_END_OF_FORM) {
            if (event == FormEntryController.EVENT_QUESTION) {
                question(controller.getModel().getQuestionPrompt());
            } else if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT) {
                if (sampleNode(reference()) != null) {
                    controller.newRepeat();
                }
            } else {
                caption(controller.getModel().getCaptionPrompt());
            }
            event = controller.stepToNextEvent();
        }
    }

    TreeReference reference() {
        return controller.getModel().getFormIndex().getReference();
    }

    Element sampleNode(TreeReference reference) {
        Element node = sample;
        for (int step = 1; step < reference.size() && node != null; step++) {
            node = child(node, reference.getName(step), Math.max(0, reference.getMultiplicity(step)));
        }
        return node;
    }

    static Element child(Element above, String name, int place) {
        for (Node node = above.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name) && place-- == 0) {
                return element;
            }
        }
        return null;
    }

    void caption(FormEntryCaption caption) {
        String id = caption.getFormElement().getTextID();
        if (id != null) {
            text("label", id, caption.getLongText());
        }
    }

    void question(FormEntryPrompt prompt) {
        say("asked", "");
        text("label", prompt.getQuestion().getTextID(), prompt.getQuestionText());
        if (prompt.getQuestion().getHelpTextID() != null) {
            text("hint", prompt.getQuestion().getHelpTextID(), prompt.getHelpText());
        }
        choices(prompt);
        if (prompt.isReadOnly()) {
            return;
        }
        Element node = sampleNode(reference());
        if (node == null) {
            say("problem", "is asked, and the sample has no such node");
            return;
        }
        refusals(prompt, node.getTextContent());
        IAnswerData answer = answer(prompt, node.getTextContent());
        int outcome = controller.answerQuestion(answer, true);
        if (outcome != FormEntryController.ANSWER_OK) {
            say("problem", "refuses the sample's answer (" + outcome + "): " + node.getTextContent());
        }
    }

    void choices(FormEntryPrompt prompt) {
        if (prompt.getControlType() == Constants.CONTROL_SELECT_ONE
                || prompt.getControlType() == Constants.CONTROL_SELECT_MULTI
                || prompt.getControlType() == Constants.CONTROL_RANK) {
            for (SelectChoice choice : prompt.getSelectChoices()) {
                if (choice.getTextID() != null) { // an external list has its own words
                    text("choice", choice.getTextID(), prompt.getSelectChoiceText(choice));
                }
            }
        }
    }

    /** No answer where one is required, and every wrong answer, once in each language. */
    void refusals(FormEntryPrompt prompt, String right) {
        String path = reference().genericize().toString(false);
        TreeElement node = form.getMainInstance().resolveReference(reference());
        if (!tried.add(language + " " + path)) {
            return;
        }
        if (prompt.isRequired()) {
            if (controller.answerQuestion(null, true) != FormEntryController.ANSWER_REQUIRED_BUT_EMPTY) {
                say("problem", "lets a required question stay blank");
            }
            String id = node.getBindAttributeValue("http://openrosa.org/javarosa", "requiredMsg");
            text("required", itext(id), id == null ? null : form.getLocalizer().getRawText(language, itext(id)));
        }
        for (String wrong : wrong(path)) {
            int outcome = controller.answerQuestion(answer(prompt, wrong), true);
            say(outcome == FormEntryController.ANSWER_CONSTRAINT_VIOLATED ? "refused" : "problem", wrong);
        }
        if (node.getConstraint() != null) {
            text("constraint", path + ":jr:constraintMsg", prompt.getConstraintText());
        }
    }

    static String itext(String call) {
        return call == null ? null : call.replaceAll("^jr:itext\\('(.*)'\\)$", "$1");
    }

    List<String> wrong(String path) {
        List<String> found = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(folder.resolve("wrong.tsv"))) {
                String[] parts = line.split("\t");
                if (parts[0].equals(path)) {
                    found.add(parts[1]);
                }
            }
        } catch (IOException fault) {
            throw new IllegalStateException(fault);
        }
        return found;
    }

    IAnswerData answer(FormEntryPrompt prompt, String text) {
        if (text.isEmpty()) {
            return null;
        }
        switch (prompt.getControlType()) {
            case Constants.CONTROL_SELECT_ONE:
                List<Selection> one = selections(prompt, text);
                return one.isEmpty() ? null : new SelectOneData(one.get(0));
            case Constants.CONTROL_SELECT_MULTI:
                return new SelectMultiData(selections(prompt, text));
            case Constants.CONTROL_RANK:
                return new MultipleItemsData(selections(prompt, text));
            default:
                if (prompt.getDataType() == Constants.DATATYPE_BINARY) {
                    return new StringData(text);
                }
                return AnswerDataFactory.templateByDataType(prompt.getDataType()).cast(new UncastData(text));
        }
    }

    List<Selection> selections(FormEntryPrompt prompt, String text) {
        List<Selection> found = new ArrayList<>();
        for (String value : text.split(" ")) {
            for (SelectChoice choice : prompt.getSelectChoices()) {
                if (choice.getValue().equals(value)) {
                    found.add(choice.selection());
                }
            }
        }
        if (found.size() != text.split(" ").length) {
            say("problem", "does not offer " + text);
        }
        return found;
    }

    /** shown: as on the screen. A text that its language lacks is a problem: JavaRosa shows another's. */
    void text(String kind, String id, String shown) {
        if (id == null || shown == null || form.getLocalizer().getRawText(language, id) == null) {
            say("problem", "has no " + kind + " in this language");
        } else {
            say(kind, shown);
        }
    }

    void say(String kind, String text) {
        String path = reference().genericize().toString(false);
        String line = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
        out.println(String.join("\t", folder.getFileName().toString(), language, sampleName, kind, path, line));
    }

    /** Every jr:// address is a file of the form's folder. */
    record FolderFactory(Path folder) implements ReferenceFactory {
        public boolean derives(String uri) {
            return uri.startsWith("jr://");
        }

        public Reference derive(String uri) {
            return new FileReference(folder.resolve(uri.substring(uri.lastIndexOf('/') + 1)));
        }

        public Reference derive(String uri, String context) {
            return derive(uri);
        }
    }

    record FileReference(Path file) implements Reference {
        public boolean doesBinaryExist() {
            return Files.exists(file);
        }

        public InputStream getStream() throws IOException {
            return Files.newInputStream(file);
        }

        public String getURI() {
            return file.toString();
        }

        public String getLocalURI() {
            return file.toString();
        }

        public boolean isReadOnly() {
            return true;
        }

        public OutputStream getOutputStream() {
            throw new UnsupportedOperationException();
        }

        public void remove() {
            throw new UnsupportedOperationException();
        }

        public Reference[] probeAlternativeReferences() {
            return new Reference[0];
        }
    }
}
