using System.Text;
using Stint.Cli.Native;
using Stint.Cli.Options;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sbatch;

/// <summary>The script of a batch job: a file, standard input, or the shell command of <c>--wrap</c>.</summary>
/// <param name="Path">Where it came from; empty: no file.</param>
internal sealed record BatchScript(byte[] Text, string Path, string JobName)
{
    /// <returns>The script, or the sentences of the refusal.</returns>
    public static (BatchScript? Script, string? Error) Read(CommandContext context, LaunchOptions options, List<int> operands)
    {
        if (options.Wrap is { } command)
        {
            if (operands.Count > 0) return (null, "Script arguments not permitted with --wrap option");
            return (new BatchScript(Encoding.UTF8.GetBytes($"#!/bin/sh\n# This script was created by sbatch --wrap.\n\n{command}\n\n"), "", "wrap"), null);
        }
        if (operands.Count == 0) return ReadStandardInput(context);
        return ReadFile(context, context.Arguments[operands[0]]);
    }

    private static (BatchScript?, string?) ReadStandardInput(CommandContext context)
    {
        byte[] text = ReadBounded(context.RawIn);
        return Validate(new BatchScript(text, "", "sbatch"));
    }

    private static (BatchScript?, string?) ReadFile(CommandContext context, string name)
    {
        string? path = Find(context, name);
        if (path is null) return (null, $"Unable to open file {name}");
        try
        {
            using var file = context.Files.OpenRead(path);
            return Validate(new BatchScript(ReadBounded(file), path, System.IO.Path.GetFileName(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"Unable to open file {name}");
        }
    }

    private static (BatchScript?, string?) Validate(BatchScript script) =>
        ScriptDirectives.TryValidate(script.Text, out string error) ? (script, null) : (null, error);

    /// <summary>As it stands from the working directory, else along PATH.</summary>
    private static string? Find(CommandContext context, string name)
    {
        string here = System.IO.Path.GetFullPath(name, context.WorkingDirectory);
        if (context.Files.IsFile(here)) return here;
        if (name.Contains('/') || !context.Environment.TryGetValue("PATH", out string? path)) return null;
        foreach (string folder in path.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, name), context.WorkingDirectory);
            if (context.Files.IsFile(candidate)) return candidate;
        }
        return null;
    }

    /// <summary>One byte more than allowed is enough to refuse it; no more is read.</summary>
    private static byte[] ReadBounded(Stream stream)
    {
        byte[] buffer = new byte[8192];
        int length = 0;
        while (length <= ScriptDirectives.MaxScriptBytes)
        {
            int got = stream.Read(buffer.AsSpan(length));
            if (got == 0) break;
            length += got;
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 4);
        }
        return buffer.AsSpan(0, length).ToArray();
    }
}
