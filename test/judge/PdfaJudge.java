/*
 * PdfaJudge.java: Apache PDFBox Preflight over many files in one JVM.
 *
 * File names on standard input, one a line; for each a line "name<TAB>valid" or "name<TAB>code text; code text".
 * Preflight knows PDF/A-1b only.  Run from source: java -cp JARS test/judge/PdfaJudge.java < names
 */
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.stream.Collectors;
import org.apache.pdfbox.preflight.PreflightDocument;
import org.apache.pdfbox.preflight.ValidationResult;
import org.apache.pdfbox.preflight.exception.SyntaxValidationException;
import org.apache.pdfbox.preflight.parser.PreflightParser;

public class PdfaJudge
{
	private static ValidationResult judge(String name) throws Exception
	{
		try
		{
			PreflightParser parser = new PreflightParser(new File(name));
			parser.parse();
			try (PreflightDocument document = parser.getPreflightDocument())
			{
				document.validate();
				return document.getResult();
			}
		}
		catch (SyntaxValidationException error)
		{
			return error.getResult();
		}
	}

	private static String verdict(String name)
	{
		try
		{
			ValidationResult result = judge(name);
			if (result.isValid())
				return "valid";
			return result.getErrorsList().stream().map(error -> error.getErrorCode() + " " + error.getDetails())
				.distinct().limit(20).collect(Collectors.joining("; ")).replace('\n', ' ');
		}
		catch (Exception error)
		{
			return "unreadable " + error;
		}
	}

	public static void main(String[] arguments) throws Exception
	{
		BufferedReader names = new BufferedReader(new InputStreamReader(System.in));
		for (String name; (name = names.readLine()) != null;)
			System.out.println(name + "\t" + verdict(name));
	}
}
