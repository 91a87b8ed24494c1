using System.Text;

namespace Stint.Cli.Slurm.Format;

/// <summary>Names in four columns, 19 wide each, as <c>--helpformat</c> prints them.</summary>
public static class NameColumns
{
    public static void Write(TextWriter output, IEnumerable<string> names)
    {
        var line = new StringBuilder();
        int column = 0;
        foreach (string name in names)
        {
            line.Append(name.PadRight(19)).Append(++column % 4 == 0 ? '\n' : ' ');
        }
        if (column % 4 != 0) line.Append('\n');
        output.Write(line);
    }
}
